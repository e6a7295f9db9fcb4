using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Measures;

/// <summary>A measure of some events.</summary>
public sealed record MeasuredSeries(EventPattern Events, Measure Measure);

/// <summary>What is measured, in which buckets, by what it is split (docs/metrics.md#measures).</summary>
/// <param name="Where">A condition on the events of every series.</param>
/// <param name="GroupLimit">So many groups are shown on their own.</param>
/// <param name="SharesGroups">All series are split into the groups of the first.</param>
/// <param name="ScanKey">All of it but the range, as text; null where what is found must not be kept.</param>
public sealed record MeasureQuestion(
    IReadOnlyList<MeasuredSeries> Series, Where? Where = null, GroupKey? GroupBy = null, int GroupLimit = 20,
    bool SharesGroups = false, string? ScanKey = null);

/// <summary>The groups of one series that are shown on their own, and whether there are others.</summary>
internal sealed record ShownGroups(IReadOnlyList<int> Codes, bool HasOther)
{
    /// <summary>Without a split: everything is the one group.</summary>
    public static ShownGroups None { get; } = new([], HasOther: false);
}

/// <summary>One line of an answer.</summary>
/// <param name="Group">Null where there is no split.</param>
/// <param name="IsOther">The rest of the groups taken together.</param>
/// <param name="Values">One a bucket.</param>
/// <param name="Total">Over the whole range.</param>
internal sealed record MeasuredLine(PropertyValue? Group, bool IsOther, IReadOnlyList<RawNumber?> Values, RawNumber? Total)
{
    /// <summary>As answers name the group.</summary>
    public RawJson? GroupJson => IsOther ? new RawJson("\"$other\"") : Group is { } value ? new RawJson(value.Json) : null;
}
