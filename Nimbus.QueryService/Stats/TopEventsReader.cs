using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Stats;

/// <summary>Ranks event names by how often they happened (docs/metrics.md#top-events).</summary>
public sealed class TopEventsReader(QueryDatabase database)
{
    public const int MaxLimit = 1000;

    // Names are told apart by code point, so that the order is the same whatever collation the database was made with.
    private static string Sql(Instant? from, Instant? to) => $"""
        SELECT event_names.name, counted.events, counted.users
        FROM (
            SELECT e.name_code, count(*) AS events, count(DISTINCT who.canonical) AS users
            FROM visible_events e
            {People.Join}
            WHERE e.project_id = @project_id
            {(from is null ? "" : "AND e.ts >= @from")}
            {(to is null ? "" : "AND e.ts < @to")}
            GROUP BY e.name_code
        ) counted
        JOIN event_names ON event_names.project_id = @project_id AND event_names.code = counted.name_code
        ORDER BY counted.events DESC, event_names.name COLLATE "C"
        LIMIT @take
        """;

    /// <param name="from">Inclusive; null for all that came before.</param>
    /// <param name="to">Exclusive; null for all that comes after.</param>
    public Task<TopEventsResult> ReadAsync(
        Guid projectId, Instant? from, Instant? to, int limit, CancellationToken ct) =>
        database.ReadAsync("top_events", async snapshot =>
        {
            await using var command = snapshot.Command(Sql(from, to));
            command.Parameters.AddWithValue("project_id", projectId);
            command.Parameters.AddWithValue("take", limit);
            if (from is not null) command.Parameters.AddWithValue("from", from.Value.ToDateTimeUtc());
            if (to is not null) command.Parameters.AddWithValue("to", to.Value.ToDateTimeUtc());

            var events = new List<TopEvent>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                events.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
            return new TopEventsResult(events);
        }, ct);
}
