using Nimbus.Events;
using Nimbus.QueryService.Querying;
using Npgsql;

namespace Nimbus.QueryService.Events;

/// <summary>Reads pages of events.</summary>
public sealed class EventsReader(QueryDatabase database)
{
    // An event may be 256 KiB; a page that grows past this ends early and its cursor goes on.
    private const int MaxPageCharacters = 16 << 20;

    // The page is cut in index order (events_by_time, or events_by_name with a name) before anything is joined.
    private static string Sql(EventsQuery query)
    {
        var (order, beyond) = query.Ascending ? ("ASC", ">") : ("DESC", "<");
        var range = (query.From is null ? "" : "AND e.ts >= @from\n") + (query.To is null ? "" : "AND e.ts < @to\n");
        // The plain comparison of ts lets PostgreSQL leave out partitions; the row comparison does not.
        var after = query.After is null ? ""
            : $"AND e.ts {beyond}= @after_ts AND (e.ts, e.id) {beyond} (@after_ts, @after_id)\n";
        return $"""
            SELECT e.id, event_names.name, e.ts, e.received_at, user_ids.raw_id, anonymous_ids.raw_id, person.person_id,
                   e.props::text, e.context::text, e.seq, e.idempotency_key, e.type
            FROM (
                SELECT e.* FROM visible_events e
                WHERE e.project_id = @project_id
                {range}{after}{query.Filter.Sql}
                ORDER BY e.ts {order}, e.id {order} LIMIT @take
            ) e
            JOIN event_names ON event_names.project_id = @project_id AND event_names.code = e.name_code
            LEFT JOIN ids user_ids ON user_ids.project_id = @project_id AND user_ids.key = e.user_key
            LEFT JOIN ids anonymous_ids ON anonymous_ids.project_id = @project_id AND anonymous_ids.key = e.anon_key
            {People.Join}
            LEFT JOIN ids person ON person.project_id = @project_id AND person.key = who.canonical
            ORDER BY e.ts {order}, e.id {order}
            """;
    }

    /// <param name="query">Which page.</param>
    /// <param name="ct">Stops the query.</param>
    /// <param name="kind">The label of the duration metric; a constant.</param>
    public Task<EventsResult> ReadAsync(EventsQuery query, CancellationToken ct, string kind = "events") =>
        database.ReadAsync(kind, query.ProjectId, async snapshot =>
        {
            await using var command = snapshot.Command(Sql(query));
            command.Parameters.AddWithValue("project_id", query.ProjectId);
            command.Parameters.AddWithValue("take", query.Limit + 1);
            if (query.From is { } from) command.Parameters.AddWithValue("from", from.ToDateTimeUtc());
            if (query.To is { } to) command.Parameters.AddWithValue("to", to.ToDateTimeUtc());
            if (query.After is { } after)
            {
                command.Parameters.AddWithValue("after_ts", after.Ts);
                command.Parameters.AddWithValue("after_id", after.Id);
            }
            query.Filter.Bind(command.Parameters);

            await using var reader = await command.ExecuteReaderAsync(ct);
            var events = new List<EventResult>();
            var characters = 0;
            while (await reader.ReadAsync(ct))
            {
                if (events.Count == query.Limit || characters > MaxPageCharacters)
                {
                    return new EventsResult(events, new EventCursor(events[^1].Ts, events[^1].Id).ToString());
                }
                events.Add(EventOf(reader));
                characters += events[^1].Props.Text.Length + (events[^1].Context?.Text.Length ?? 0);
            }
            return new EventsResult(events, NextCursor: null);
        }, ct);

    private static EventResult EventOf(NpgsqlDataReader row) => new(
        Id: row.GetGuid(0),
        Name: row.GetString(1),
        Ts: row.GetDateTime(2),
        ReceivedAt: row.GetDateTime(3),
        UserId: row.IsDBNull(4) ? null : row.GetString(4),
        AnonymousId: row.IsDBNull(5) ? null : row.GetString(5),
        PersonId: row.IsDBNull(6) ? null : row.GetGuid(6),
        Props: new(row.GetString(7)),
        Context: row.IsDBNull(8) ? null : new(row.GetString(8)),
        Seq: row.IsDBNull(9) ? null : row.GetInt64(9),
        IdempotencyKey: row.IsDBNull(10) ? null : row.GetString(10),
        Type: (EventType)row.GetInt16(11));
}
