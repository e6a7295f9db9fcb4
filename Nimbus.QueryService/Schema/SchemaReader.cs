using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Schema;

/// <summary>Finds out what events and properties a project has (docs/metrics.md#what-exists).</summary>
public sealed class SchemaReader(QueryDatabase database)
{
    /// <summary>Of a name, so many of its newest events are looked at.</summary>
    public const int EventsRead = 10_000;

    public const int MaxNames = 1000;
    public const int MaxProperties = 1000;
    public const int MaxValues = 1000;
    private const int Samples = 5;
    private const int SampleCharacters = 200;

    // By events_by_name, from its end.
    private const string Newest = """
        SELECT e.props FROM visible_events e
        WHERE e.project_id = @project_id
          AND e.name_code = (SELECT code FROM event_names WHERE project_id = @project_id AND name = @name)
        ORDER BY e.ts DESC LIMIT @events_read
        """;

    private const string CountSql = $"SELECT count(*) FROM ({Newest}) newest";

    private const string PropertiesSql = $"""
        SELECT key, type, uses, samples FROM (
            SELECT p.key, jsonb_typeof(p.value) AS type, count(*) AS uses,
                   (array_agg(DISTINCT p.value::text) FILTER (WHERE length(p.value::text) <= @sample_characters))[1:@samples] AS samples,
                   sum(count(*)) OVER (PARTITION BY p.key) AS key_uses
            FROM ({Newest}) newest CROSS JOIN LATERAL jsonb_each(newest.props) p
            GROUP BY p.key, type
        ) used
        ORDER BY key_uses DESC, key COLLATE "C", uses DESC, type
        LIMIT @take
        """;

    // 1 and 1.0 are one value; null is as good as none.
    private const string ValuesSql = $"""
        SELECT value::text, count(*) AS uses FROM (
            SELECT CASE jsonb_typeof(newest.props -> @key)
                       WHEN 'number' THEN to_jsonb(trim_scale((newest.props ->> @key)::numeric))
                       ELSE newest.props -> @key END AS value
            FROM ({Newest}) newest
        ) used
        WHERE value <> 'null' AND length(value::text) <= @sample_characters
        GROUP BY value
        ORDER BY uses DESC, value
        LIMIT @take
        """;

    private static string NamesSql(Instant? from, Instant? to) => $"""
        SELECT event_names.name, counted.events, counted.first_seen, counted.last_seen
        FROM (
            SELECT e.name_code, count(*) AS events, min(e.ts) AS first_seen, max(e.ts) AS last_seen
            FROM visible_events e
            WHERE e.project_id = @project_id
            {(from is null ? "" : "AND e.ts >= @from")}
            {(to is null ? "" : "AND e.ts < @to")}
            GROUP BY e.name_code
        ) counted
        JOIN event_names ON event_names.project_id = @project_id AND event_names.code = counted.name_code
        ORDER BY counted.events DESC, event_names.name COLLATE "C"
        LIMIT @take
        """;

    /// <param name="projectId">Whose events.</param>
    /// <param name="from">Inclusive; null for all that came before.</param>
    /// <param name="to">Exclusive; null for all that comes after.</param>
    /// <param name="limit">At most <see cref="MaxNames"/>.</param>
    /// <param name="ct">Stops the query.</param>
    public Task<EventNamesResult> ReadNamesAsync(Guid projectId, Instant? from, Instant? to, int limit, CancellationToken ct) =>
        database.ReadAsync("schema", projectId, async snapshot =>
        {
            await using var command = snapshot.Command(NamesSql(from, to));
            command.Parameters.AddWithValue("project_id", projectId);
            command.Parameters.AddWithValue("take", limit);
            if (from is not null) command.Parameters.AddWithValue("from", from.Value.ToDateTimeUtc());
            if (to is not null) command.Parameters.AddWithValue("to", to.Value.ToDateTimeUtc());
            var names = new List<EventNameUse>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                names.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetDateTime(2), reader.GetDateTime(3)));
            return new EventNamesResult(names);
        }, ct);

    public Task<PropertiesResult> ReadPropertiesAsync(Guid projectId, string name, CancellationToken ct) =>
        database.ReadAsync("schema", projectId, async snapshot =>
        {
            var read = await CountAsync(snapshot, projectId, name, ct);
            await using var command = snapshot.Command(PropertiesSql);
            Bind(command.Parameters, projectId, name);
            command.Parameters.AddWithValue("samples", Samples);
            command.Parameters.AddWithValue("sample_characters", SampleCharacters);
            command.Parameters.AddWithValue("take", MaxProperties);
            var rows = new List<(string Key, PropertyType Type, string[] Samples)>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var samples = await reader.IsDBNullAsync(3, ct) ? [] : reader.GetFieldValue<string[]>(3);
                rows.Add((reader.GetString(0), new(reader.GetString(1), reader.GetInt64(2)), samples));
            }
            // A group's rows follow one another, in the order of the keys.
            var properties = rows.GroupBy(row => row.Key).Select(key => new PropertyUse(
                key.Key, key.Sum(row => row.Type.Count), [.. key.Select(row => row.Type)],
                [.. key.SelectMany(row => row.Samples).Take(Samples).Select(text => new RawJson(text))]));
            return new PropertiesResult(read, [.. properties]);
        }, ct);

    public Task<PropertyValuesResult> ReadValuesAsync(Guid projectId, string name, string key, int limit, CancellationToken ct) =>
        database.ReadAsync("schema", projectId, async snapshot =>
        {
            var read = await CountAsync(snapshot, projectId, name, ct);
            await using var command = snapshot.Command(ValuesSql);
            Bind(command.Parameters, projectId, name);
            command.Parameters.AddWithValue("key", key);
            command.Parameters.AddWithValue("sample_characters", SampleCharacters);
            command.Parameters.AddWithValue("take", limit);
            var values = new List<PropertyValueUse>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                values.Add(new(new(reader.GetString(0)), reader.GetInt64(1)));
            return new PropertyValuesResult(read, values);
        }, ct);

    private static async Task<long> CountAsync(Snapshot snapshot, Guid projectId, string name, CancellationToken ct)
    {
        await using var command = snapshot.Command(CountSql);
        Bind(command.Parameters, projectId, name);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static void Bind(Npgsql.NpgsqlParameterCollection parameters, Guid projectId, string name)
    {
        parameters.AddWithValue("project_id", projectId);
        parameters.AddWithValue("name", name);
        parameters.AddWithValue("events_read", EventsRead);
    }
}
