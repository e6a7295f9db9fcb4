namespace Nimbus.Client;

/// <summary>A measure over buckets of time.</summary>
public sealed record MetricQuery(Guid ProjectId)
{
    /// <summary><c>1m</c>, <c>5m</c>, <c>15m</c>, <c>1h</c>, <c>1d</c>, <c>1w</c> or <c>1mo</c>; none: the server's default.</summary>
    public string? Bucket { get; init; }

    /// <summary>Without <see cref="From"/>: the last so many buckets; none: 24.</summary>
    public int? Limit { get; init; }

    /// <summary>From this instant on.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this instant; none: now.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only events of this name.</summary>
    public string? Name { get; init; }

    /// <summary>Only events of this user id.</summary>
    public string? UserId { get; init; }

    /// <summary><c>count</c>, <c>users</c>, or <c>sum:P</c>, <c>avg:P</c>, <c>p50:P</c>, … of a property P; none: count.</summary>
    public string? Measure { get; init; }

    /// <summary>IANA name of the zone the buckets are aligned to; none: the project's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>A property to split the series by.</summary>
    public string? GroupBy { get; init; }

    /// <summary>Only events whose property has the value: the text, or the number or boolean written so.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    internal string ToPath() => new QueryPath("v1/metrics")
        .With("project_id", ProjectId)
        .With("bucket", Bucket)
        .With("limit", Limit)
        .With("from", From)
        .With("to", To)
        .With("name", Name)
        .With("user_id", UserId)
        .With("measure", Measure)
        .With("tz", TimeZone)
        .With("group_by", GroupBy)
        .WithProperties(Properties)
        .ToString();
}
