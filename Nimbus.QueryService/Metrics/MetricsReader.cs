using Nimbus.QueryService.Querying;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.QueryService.Metrics;

/// <summary>Computes measures over buckets.</summary>
public sealed class MetricsReader(QueryDatabase database)
{
    private const string IsNumber = "jsonb_typeof(e.props -> @property) = 'number'";
    private const string Value = "(e.props ->> @property)::numeric";
    private const string Number = $"CASE WHEN {IsNumber} THEN {Value} END";

    // percentile_cont is for doubles only. The bounds keep its interpolation, and the zero the conversion, from
    // overflowing: both are errors in PostgreSQL. TRICKY: least and greatest ignore null, so the type is asked first.
    private const string Double = $"""
        CASE WHEN NOT coalesce({IsNumber}, false) THEN NULL
             WHEN abs({Value}) < 1e-300 THEN 0
             ELSE least(greatest({Value}, -8e307), 8e307) END::double precision
        """;

    // 1 and 1.0 are one value; not set and null are one.
    private const string GroupValue = """
        CASE jsonb_typeof(e.props -> @group_by)
            WHEN 'number' THEN to_jsonb(trim_scale((e.props ->> @group_by)::numeric))
            ELSE coalesce(e.props -> @group_by, 'null') END
        """;

    private static string Aggregate(MeasureKind kind) => kind switch
    {
        MeasureKind.Count => "count(*)",
        MeasureKind.Users => "count(DISTINCT who.canonical)",
        MeasureKind.Sum => $"trim_scale(coalesce(sum({Number}), 0))",
        MeasureKind.Avg => $"trim_scale(avg({Number}))",
        MeasureKind.Min => $"trim_scale(min({Number}))",
        MeasureKind.Max => $"trim_scale(max({Number}))",
        MeasureKind.P50 => $"percentile_cont(0.5) WITHIN GROUP (ORDER BY {Double})",
        MeasureKind.P90 => $"percentile_cont(0.9) WITHIN GROUP (ORDER BY {Double})",
        MeasureKind.P99 => $"percentile_cont(0.99) WITHIN GROUP (ORDER BY {Double})",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    // Counts on events_by_time, or events_by_name with a name.
    private static string From(MetricsQuery query) => $"""
        FROM visible_events e
        {(query.Measure.Kind == MeasureKind.Users ? People.Join : "")}
        WHERE e.project_id = @project_id AND e.ts >= @from AND e.ts < @to
        {query.Filter.Sql}
        """;

    private static string SeriesSql(MetricsQuery query) => $"""
        SELECT width_bucket(e.ts, @starts) AS bucket, ({Aggregate(query.Measure.Kind)})::text
        {From(query)}
        GROUP BY bucket
        """;

    // Ties are broken by value: null, false, true, numbers, strings by code point, then the rest by its text.
    private static string GroupsSql(MetricsQuery query) => $$"""
        SELECT value::text FROM (
            SELECT {{GroupValue}} AS value, {{Aggregate(query.Measure.Kind)}} AS measure
            {{From(query)}}
            GROUP BY value
        ) g
        ORDER BY measure DESC NULLS LAST,
                 array_position(ARRAY['null', 'boolean', 'number', 'string'], jsonb_typeof(value)) NULLS LAST,
                 CASE WHEN jsonb_typeof(value) = 'number' THEN (value::text)::numeric END,
                 (value #>> '{}') COLLATE "C"
        LIMIT @take
        """;

    // The events of the values that are not among the largest have group null.
    private static string GroupedSeriesSql(MetricsQuery query) => $"""
        SELECT width_bucket(e.ts, @starts) AS bucket, ({Aggregate(query.Measure.Kind)})::text,
               array_position(@groups, {GroupValue}) AS value_group
        {From(query)}
        GROUP BY bucket, value_group
        """;

    public Task<MetricsResult> ReadAsync(MetricsQuery query, CancellationToken ct) =>
        database.ReadAsync("metrics", async snapshot =>
        {
            var (metric, bucket) = ($"events.{query.Measure}", query.Bucket.Name());
            return query.GroupBy is null
                ? new MetricsResult(metric, bucket, await SeriesAsync(snapshot, query, ct), Groups: null)
                : new MetricsResult(metric, bucket, Series: null, await GroupsAsync(snapshot, query, ct));
        }, ct);

    private static async Task<IReadOnlyList<SeriesPoint>> SeriesAsync(
        Snapshot snapshot, MetricsQuery query, CancellationToken ct)
    {
        await using var command = Command(snapshot, SeriesSql(query), query);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var series = EmptySeries(query);
        while (await reader.ReadAsync(ct)) Fill(series, reader);
        return series;
    }

    private static async Task<IReadOnlyList<MetricsGroup>> GroupsAsync(
        Snapshot snapshot, MetricsQuery query, CancellationToken ct)
    {
        var values = await LargestAsync(snapshot, query, ct);
        var shown = values.Take(MetricsQuery.MaxGroups).ToArray();
        var series = values.Select(_ => EmptySeries(query)).ToArray();

        await using var command = Command(snapshot, GroupedSeriesSql(query), query);
        command.Parameters.AddWithValue("groups", NpgsqlDbType.Array | NpgsqlDbType.Jsonb, shown);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            Fill(series[reader.IsDBNull(2) ? MetricsQuery.MaxGroups : reader.GetInt32(2) - 1], reader);

        var groups = shown.Select((value, i) => new MetricsGroup(new(value), series[i])).ToList();
        if (values.Count > shown.Length) groups.Add(new(new("\"$other\""), series[^1], Other: true));
        return groups;
    }

    // One more than are shown, when there are more.
    private static async Task<List<string>> LargestAsync(Snapshot snapshot, MetricsQuery query, CancellationToken ct)
    {
        await using var command = Command(snapshot, GroupsSql(query), query);
        command.Parameters.AddWithValue("take", MetricsQuery.MaxGroups + 1);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var values = new List<string>();
        while (await reader.ReadAsync(ct)) values.Add(reader.GetString(0));
        return values;
    }

    private static NpgsqlCommand Command(Snapshot snapshot, string sql, MetricsQuery query)
    {
        var command = snapshot.Command(sql);
        command.Parameters.AddWithValue("project_id", query.ProjectId);
        command.Parameters.AddWithValue("from", query.Range.From.ToDateTimeUtc());
        command.Parameters.AddWithValue("to", query.Range.To.ToDateTimeUtc());
        command.Parameters.AddWithValue("starts", query.Range.Starts.Select(start => start.ToDateTimeUtc()).ToArray());
        if (query.Measure.Property is { } property) command.Parameters.AddWithValue("property", property);
        if (query.GroupBy is { } groupBy) command.Parameters.AddWithValue("group_by", groupBy);
        query.Filter.Bind(command.Parameters);
        return command;
    }

    private static SeriesPoint[] EmptySeries(MetricsQuery query) =>
        [.. query.Range.Starts.Select(start => new SeriesPoint(start.ToDateTimeUtc(), query.Measure.Empty))];

    private static void Fill(SeriesPoint[] series, NpgsqlDataReader row)
    {
        var bucket = row.GetInt32(0) - 1;
        series[bucket] = series[bucket] with { Value = row.IsDBNull(1) ? null : new RawNumber(row.GetString(1)) };
    }
}
