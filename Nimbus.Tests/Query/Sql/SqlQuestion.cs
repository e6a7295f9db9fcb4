using Npgsql;

namespace Nimbus.Tests.Query.Sql;

/// <summary>
/// A question as one would ask it in SQL of the tables of eventsdb, without the engine: the naive twin of a query. Tests ask
/// both and compare; the benchmark measures both.
/// </summary>
/// <remarks>
/// Boundaries of days come in as instants: date_trunc and AT TIME ZONE do not know the days of every zone. Names, keys and
/// filters are written into the text by tests and benchmark alone, never by anyone's input.
/// </remarks>
public sealed class SqlQuestion(string sql, Guid projectId)
{
    private readonly List<(string Name, object Value)> _values = [("project", projectId)];

    public string Sql => sql;

    /// <summary>Binds a parameter.</summary>
    public SqlQuestion With(string name, object value)
    {
        _values.Add((name, value));
        return this;
    }

    /// <summary>Asks, and returns the rows of the answer.</summary>
    public async Task<List<object?[]>> AskAsync(NpgsqlConnection connection, TimeSpan? timeout = null, CancellationToken ct = default)
    {
        await using var command = new NpgsqlCommand(sql, connection)
        {
            CommandTimeout = (int)(timeout ?? TimeSpan.FromSeconds(60)).TotalSeconds,
        };
        foreach (var (name, value) in _values) command.Parameters.AddWithValue(name, value);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(ct))
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            rows.Add(row);
        }
        return rows;
    }
}

/// <summary>What the questions have in common.</summary>
public static class SqlParts
{
    /// <summary>The project's events <c>e</c>: whose they are (null for nobody's), when, and what.</summary>
    public const string Events = """
        e AS NOT MATERIALIZED (
            SELECT ev.id, ev.ts, ev.seq, ev.type, ev.props, ev.context, ev.user_key, n.name, who.canonical AS person
            FROM events ev
            JOIN event_names n ON n.project_id = @project AND n.code = ev.name_code
            LEFT JOIN ids who ON who.project_id = @project AND who.key = coalesce(ev.user_key, ev.anon_key)
            WHERE ev.project_id = @project)
        """;

    /// <summary>A text as a literal of SQL.</summary>
    public static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>The value of a property, where null is not set.</summary>
    public static string Value(string key, string source = "props", string of = "e") => $"nullif({of}.{source} -> {Quoted(key)}, 'null')";

    /// <summary>The same with one text for one value: 12 and 12.0 are the same number.</summary>
    public static string GroupValue(string? key, string source = "props") => key is null ? "NULL::jsonb" : $"""
        CASE jsonb_typeof(e.{source} -> {Quoted(key)})
            WHEN 'number' THEN to_jsonb(trim_scale((e.{source} ->> {Quoted(key)})::numeric)) ELSE {Value(key, source)} END
        """;

    /// <summary>The order of values: not set, false, true, numbers, strings by code point, the rest by its text.</summary>
    public static string ValueOrder(string value) => $$"""
        coalesce(array_position(ARRAY['boolean', 'number', 'string'], jsonb_typeof({{value}})), CASE WHEN {{value}} IS NULL THEN 0 ELSE 4 END),
        CASE WHEN jsonb_typeof({{value}}) = 'number' THEN ({{value}}::text)::numeric END,
        ({{value}} #>> '{}') COLLATE "C"
        """;

    /// <summary>Events of a name, or of any, that meet a condition on <c>e</c>.</summary>
    public static string Matches(string? name, string condition = "TRUE") =>
        name is null ? $"coalesce({condition}, FALSE)" : $"e.name = {Quoted(name)} AND coalesce({condition}, FALSE)";
}
