using Nimbus.Cli.Samples;
using Nimbus.Client;

namespace Nimbus.Cli.Demo;

/// <summary>What the shop's customers did before the demo began, so that a question about weeks has an answer at once.</summary>
internal static class DemoPast
{
    public const int Days = 60;

    private const int Events = 80_000;
    private const int People = 4_000;

    /// <summary>In order of time, up to <paramref name="now"/>. The same day and seed give the same events.</summary>
    public static IEnumerable<NimbusEvent> Until(DateTimeOffset now, ulong seed)
    {
        // The last day is today's, of which only what has been is taken.
        var start = DateOnly.FromDateTime(now.UtcDateTime).AddDays(1 - Days);
        return SampleGenerator.Generate(new SampleSettings(Events, People, Days, seed, start))
            .TakeWhile(row => row.OccurredAt < now)
            .Select(row => new NimbusEvent(row.EventType)
            {
                Timestamp = row.OccurredAt,
                UserId = row.UserId.Length == 0 ? null : row.UserId,
                PropertiesJson = row.PropertiesJson,
                IdempotencyKey = row.EventId.ToString(),
            });
    }

    /// <summary>Sends it all, in full requests.</summary>
    public static async Task SendAsync(NimbusClient client, DateTimeOffset now, ulong seed, CancellationToken ct)
    {
        foreach (var batch in Until(now, seed).Chunk(EventBatchBuilder.MaxEvents))
            await client.SendAsync(batch, ct);
    }
}
