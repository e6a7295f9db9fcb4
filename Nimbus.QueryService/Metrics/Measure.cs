using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Metrics;

/// <summary>What is computed over the events of a bucket (docs/metrics.md#measures).</summary>
public enum MeasureKind { Count, Users, Sum, Avg, Min, Max, P50, P90, P99 }

/// <summary>A measure, and the property it reads.</summary>
/// <param name="Property">Null for count and users.</param>
public sealed record Measure(MeasureKind Kind, string? Property = null)
{
    public static Measure Count { get; } = new(MeasureKind.Count);

    /// <summary>Reads <c>count</c>, <c>users</c>, or <c>sum:price</c> and its like; else null.</summary>
    public static Measure? Parse(string text)
    {
        if (text == "count") return Count;
        if (text == "users") return new(MeasureKind.Users);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || colon == text.Length - 1) return null;
        MeasureKind? kind = text[..colon] switch
        {
            "sum" => MeasureKind.Sum,
            "avg" => MeasureKind.Avg,
            "min" => MeasureKind.Min,
            "max" => MeasureKind.Max,
            "p50" => MeasureKind.P50,
            "p90" => MeasureKind.P90,
            "p99" => MeasureKind.P99,
            _ => null,
        };
        return kind is null ? null : new(kind.Value, StoredText.Of(text[(colon + 1)..]));
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        Kind switch
        {
            MeasureKind.Count => "count",
            MeasureKind.Users => "users",
            MeasureKind.Sum => "sum:",
            MeasureKind.Avg => "avg:",
            MeasureKind.Min => "min:",
            MeasureKind.Max => "max:",
            MeasureKind.P50 => "p50:",
            MeasureKind.P90 => "p90:",
            _ => "p99:",
        } + Property;

    /// <summary>The value of a bucket without events; null where there is none.</summary>
    public RawNumber? Empty =>
        Kind is MeasureKind.Count or MeasureKind.Users or MeasureKind.Sum ? RawNumber.Zero : null;
}
