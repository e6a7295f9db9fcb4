using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Funnels;

/// <summary>A step of a funnel.</summary>
public sealed record FunnelStep(EventPattern Events, string Label);

/// <summary>Events that end a chain between two steps.</summary>
public sealed record FunnelExclusion(EventPattern Events, ExclusionSpan Between);

/// <summary>What a funnel asks for (docs/metrics.md#funnels).</summary>
/// <param name="FromMs">Step 1 lies in [FromMs, ToMs), Unix milliseconds.</param>
public sealed record FunnelQuery(
    IReadOnlyList<FunnelStep> Steps,
    FunnelOrder Order,
    long WindowMs,
    long FromMs,
    long ToMs,
    IReadOnlyList<FunnelExclusion> Exclusions,
    Where? Where = null,
    GroupKey? GroupBy = null,
    bool CountsSessions = false)
{
    /// <summary>So many groups are shown on their own.</summary>
    public const int MaxGroups = 20;

    private const long Week = 7L * 86_400_000;

    /// <exception cref="ProblemException">400 <c>exclusion_is_step</c>.</exception>
    public static FunnelQuery Read(QueryDocument document)
    {
        var steps = document.List(document.Root, "", "steps", 2, FunnelPlan.MaxSteps).Select((step, i) =>
        {
            var pattern = document.Pattern(step, $"steps[{i}]", needsName: true);
            return new FunnelStep(pattern, document.Text(step, $"steps[{i}].", "label") ?? pattern.Name ?? "");
        }).ToList();
        var order = document.Choice("order",
            ("ordered", FunnelOrder.Ordered), ("strict", FunnelOrder.Strict), ("any", FunnelOrder.Any));
        var exclusions = document.List(document.Root, "", "exclude", 0, FunnelPlan.MaxExclusions)
            .Select((exclusion, i) => new FunnelExclusion(
                document.Pattern(exclusion, $"exclude[{i}]", needsName: true), Between(document, exclusion, i, steps.Count)))
            .ToList();
        if (exclusions.Count > 0 && order == FunnelOrder.Any)
            document.Fault("exclude", "goes with the orders ordered and strict: in any order nothing lies between two steps");
        var countsSessions = document.Choice("count_by", ("person", false), ("session", true));
        var window = document.Milliseconds("window") ?? Week;
        var groupBy = document.GroupBy();
        if (document.Problem is null && exclusions.Any(x => steps.Any(step => step.Events.Name == x.Events.Name)))
            throw new ProblemException(400, "exclusion_is_step", "The name of an exclusion is also the name of a step.");
        return new(steps, order, window, document.From.ToUnixTimeMilliseconds(), document.To.ToUnixTimeMilliseconds(),
            exclusions, document.Where, groupBy, countsSessions);
    }

    private static ExclusionSpan Between(QueryDocument document, System.Text.Json.JsonElement exclusion, int i, int steps)
    {
        if (!QueryDocument.Has(exclusion, "between")) return new(1, Math.Max(steps, 2));
        var ends = document.List(exclusion, $"exclude[{i}].", "between", 2, 2);
        if (ends.Count == 2 && ends.All(end => end.ValueKind == System.Text.Json.JsonValueKind.Number)
            && ends[0].TryGetInt32(out var after) && ends[1].TryGetInt32(out var before)
            && after >= 1 && after < before && before <= steps)
            return new(after, before);
        document.Fault($"exclude[{i}].between", "must be two steps, counted from 1, the first before the second");
        return new(1, 2);
    }
}
