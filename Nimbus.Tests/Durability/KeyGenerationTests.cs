using System.Globalization;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Durability;

/// <summary>What is remembered of keys, and how long: generations of a second, where the product has seven days.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class KeyGenerationTests(NimbusSystem nimbus)
{
    private static readonly TimeSpan Generation = TimeSpan.FromSeconds(1);

    // Of clocks that are read in three processes.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task Keys_that_come_again_while_generations_roll_over_are_stored_once_for_as_long_as_is_promised()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        pipeline.StartWriter(("KeyGeneration", $"{Generation:c}"));
        pipeline.StartWriter(("KeyGeneration", $"{Generation:c}"));
        var began = await pipeline.AskAsync<DateTime>("SELECT since FROM event_key_generation");
        await pipeline.SendAsync(["warm"], keyed: true);
        await pipeline.WaitForStoredAsync(1);

        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(8));
        var rolledOver = RollOversAsync(pipeline, began, end.Token);
        var sent = (await Task.WhenAll(Enumerable.Range(0, 4).Select(client => SendAgainAndAgainAsync(pipeline, client, end.Token))))
            .SelectMany(ids => ids).Append("warm").ToHashSet();
        await Eventually.TrueAsync(async () => await pipeline.WaitingAsync() == 0, () => "entries wait", TimeSpan.FromSeconds(30));

        Assert.True(await rolledOver >= 4, $"{await rolledOver} generations");
        var copies = await CopiesAsync(pipeline);
        Assert.Equal(sent.Order(), copies.Keys.Order());
        foreach (var (key, stored) in copies)
        {
            foreach (var (first, second) in stored.Zip(stored.Skip(1)))
                Assert.True(second.Received >= first.Stored + Generation - Tolerance, $"{key} was stored at {first.Stored:O} and, received at {second.Received:O}, again");
        }
        // Else no generation was ever emptied, and all this proves nothing.
        Assert.Contains(copies.Values, stored => stored.Count > 1);
    }

    [Fact]
    public async Task A_long_reader_of_the_keys_puts_rolling_over_off_and_not_storing()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        await using var connection = await pipeline.Events.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            // As a backup does, for as long as it takes.
            await using (var read = new NpgsqlCommand("LOCK TABLE event_keys_0, event_keys_1 IN ACCESS SHARE MODE", connection, transaction))
                await read.ExecuteNonQueryAsync();
            var writer = pipeline.StartWriter(("KeyGeneration", $"{Generation:c}"));
            await writer.WaitUntilItSaysAsync("55P03");
            await pipeline.SendAsync(["a"], keyed: true);
            await pipeline.HasStoredAsync(["a"], TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task A_generation_is_kept_for_as_long_as_something_received_in_its_time_waits_in_the_stream()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        var writer = pipeline.StartWriter();
        await pipeline.SendAsync(["a"], keyed: true);
        await pipeline.HasStoredAsync(["a"]);
        await writer.KillAsync();
        var blocked = pipeline.Request(["b"]);
        await using (var connection = await pipeline.Events.OpenConnectionAsync())
        {
            // Somebody has the entry before it in hand for long, so the key waits with it.
            await using var transaction = await connection.BeginTransactionAsync();
            await pipeline.TakeEntryAsync(transaction, blocked);
            (await blocked.SendAsync()).Dispose();
            await pipeline.SendAsync(["a"], keyed: true);
            pipeline.StartWriter(("KeyGeneration", $"{Generation:c}"));
            await pipeline.WaitUntilBlockedAsync(1);
            await Eventually.TrueAsync(
                () => pipeline.AskAsync<bool>("SELECT now() - since > interval '3.5 s' FROM event_key_generation"),
                () => "generations roll over although an entry waits that is older than they are", TimeSpan.FromSeconds(10));
            var since = await pipeline.AskAsync<DateTime>("SELECT since FROM event_key_generation");
            await transaction.RollbackAsync();
            await pipeline.HasStoredAsync(["a", "b"]);
            await Eventually.TrueAsync(
                async () => await pipeline.AskAsync<DateTime>("SELECT since FROM event_key_generation") > since,
                () => "generations do not roll over any more", TimeSpan.FromSeconds(10));
        }
    }

    /// <summary>Counts the generations that begin, until told to end.</summary>
    private static async Task<int> RollOversAsync(OwnPipeline pipeline, DateTime since, CancellationToken end)
    {
        var seen = new HashSet<DateTime> { since };
        while (!end.IsCancellationRequested)
        {
            seen.Add(await pipeline.AskAsync<DateTime>("SELECT since FROM event_key_generation"));
            await Task.WhenAny(Task.Delay(50, end));
        }
        return seen.Count - 1;
    }

    /// <summary>Sends new keys and, among them, those of before, now soon and now late.</summary>
    private static async Task<HashSet<string>> SendAgainAndAgainAsync(OwnPipeline pipeline, int client, CancellationToken end)
    {
        var random = new Random(client);
        var sent = new List<string>();
        for (var batch = 0; !end.IsCancellationRequested; batch++)
        {
            var ids = OwnPipeline.Ids(string.Create(CultureInfo.InvariantCulture, $"{client}-{batch}"), 5)
                .Concat(sent.Count == 0 ? [] : Enumerable.Range(0, 10).Select(_ => sent[random.Next(sent.Count)])).ToList();
            await pipeline.SendAsync(ids, keyed: true);
            sent.AddRange(ids);
            await Task.WhenAny(Task.Delay(20, end));
        }
        return [.. sent];
    }

    /// <summary>By key, each time it was stored: when it was received, and when its transaction ended, in order.</summary>
    private static async Task<Dictionary<string, List<(DateTime Received, DateTime Stored)>>> CopiesAsync(OwnPipeline pipeline)
    {
        await using var command = pipeline.Events.CreateCommand("""
            SELECT e.idempotency_key, e.received_at, o.written_at
            FROM events e
            -- The last 62 bits of an event's id are its entry's.
            JOIN outbox o ON o.project_id = e.project_id AND right(o.first_id::text, 17) = right(e.id::text, 17)
            ORDER BY e.idempotency_key, o.written_at
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var copies = new Dictionary<string, List<(DateTime, DateTime)>>();
        while (await reader.ReadAsync())
        {
            if (!copies.TryGetValue(reader.GetString(0), out var stored))
                copies[reader.GetString(0)] = stored = [];
            stored.Add((reader.GetDateTime(1), reader.GetDateTime(2)));
        }
        return copies;
    }
}
