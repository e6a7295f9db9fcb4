using Nimbus.QueryService.Engine.Scans;

namespace Nimbus.Tests.Query.Funnels;

/// <summary>The one pass over events answers what trying out every chain does.</summary>
public sealed class FunnelScanTests
{
    private const uint X = 1u << FunnelPlan.FirstExclusionBit;

    /// <summary>
    /// The smallest cases in which simpler algorithms go wrong: events as time and letter, where A to D are steps and X is
    /// the exclusion.
    /// </summary>
    [Theory]
    // A->B in one millisecond, stored the wrong way round: 4-4 = 0.
    [InlineData("AB", "4B 4A", 4, 2, 0)]
    // The first A is too early (8-0 > 4), the second is not (8-5 = 3).
    [InlineData("AB", "0A 5A 8B", 4, 2, 3)]
    // The end of the window is in it: 4-0 = 4, and 5-0 is not.
    [InlineData("AB", "0A 4B", 4, 2, 4)]
    [InlineData("AB", "0A 5B", 4, 1, -1)]
    // One A does not serve two steps; two in one millisecond do.
    [InlineData("AA", "4A", 4, 1, -1)]
    [InlineData("AA", "4A 4A", 4, 2, 0)]
    // B is needed between the two A.
    [InlineData("ABA", "1A 2B", 4, 2, 1)]
    [InlineData("ABA", "1A 1B 1A", 4, 3, 0)]
    // Of the chains that complete B first the one that starts last: 6-4 = 2.
    [InlineData("AB", "1A 4A 6B 7B", 9, 2, 2)]
    public void An_ordered_funnel_takes_every_start_and_either_order_of_a_millisecond(
        string steps, string events, long window, int level, long time) =>
        AssertLevel(Plan(steps, FunnelOrder.Ordered, window), steps, events, level, time);

    [Theory]
    // X ends the chain that has passed A; the one that starts after it stands: 5-4 = 1.
    [InlineData("1A 2X 3B", 1, -1)]
    [InlineData("1A 2X 4A 5B", 2, 1)]
    // In one millisecond X is taken before A or after B.
    [InlineData("1A 1X 3B", 2, 2)]
    [InlineData("1A 3X 3B", 2, 2)]
    // X is between A and B only: what has passed B goes on.
    [InlineData("1A 2B 3X 4C", 3, 3)]
    [InlineData("1A 2X 2A 3B 4C", 3, 2)]
    public void An_exclusion_ends_only_the_chains_between_its_steps(string events, int level, long time) =>
        AssertLevel(
            Plan("ABC", FunnelOrder.Ordered, 10) with { Exclusions = [new(1, 2)] }, "ABC", events, level, time);

    [Theory]
    [InlineData("1A 2B 3C", 3, 2)]
    [InlineData("1A 2Z 3B", 1, -1)]
    // What shares the millisecond of an end can stand outside.
    [InlineData("1A 1Z 3B 3Z", 2, 2)]
    [InlineData("1A 2B 2Z 3C", 2, 1)]
    [InlineData("1A 2A 3B", 2, 1)]
    public void A_strict_funnel_bears_no_other_event_in_between(string events, int level, long time) =>
        AssertLevel(Plan("ABC", FunnelOrder.Strict, 10), "ABC", events, level, time);

    [Theory]
    [InlineData("AB", "1B 3A", 2, 2)]
    // A alone is step 1; without it nothing is reached.
    [InlineData("AB", "1B", 0, -1)]
    // One A is not two, and of three the latest two count: 9-6 = 3.
    [InlineData("AA", "1A", 1, -1)]
    [InlineData("AAB", "1A 6A 7A 9B", 3, 3)]
    public void Any_order_needs_distinct_events_within_the_window(string steps, string events, int level, long time) =>
        AssertLevel(Plan(steps, FunnelOrder.Any, 4), steps, events, level, time);

    [Fact]
    public void A_group_is_that_of_the_chain_that_completes_first_and_starts_last()
    {
        var plan = Plan("AB", FunnelOrder.Ordered, 10) with { IsGrouped = true };
        // Both A of millisecond 4 start last; the smaller rank wins. B again, later, changes nothing.
        var scan = Scan(plan, [new(1, 1, 0), new(4, 1, 7), new(4, 1, 3), new(6, 2, 9), new(7, 1, 1), new(8, 2, 1)]);
        Assert.Equal((2, 3), (scan.LevelOf(0), scan.RankOf(0)));
    }

    [Fact]
    public void The_median_is_the_middle_or_the_average_of_the_middle_two()
    {
        var plan = Plan("AB", FunnelOrder.Ordered, 100);
        var scan = FunnelScan.Of(plan, 4);
        // 3, 5, 8 and 20 milliseconds: (5+8)/2 = 6.5; the fourth alone is added last.
        scan.Add([0, 0, 0, 0, 3, 5, 8], [0, 1, 2, 3, 0, 1, 2], [1, 1, 1, 1, 2, 2, 2], []);
        Assert.Equal(5, scan.MedianMs(2));
        scan.Add([20], [3], [2], []);
        Assert.Equal(6.5, scan.MedianMs(2));
        Assert.Equal([4L, 4L], scan.Reached.ToArray());
    }

    [Theory]
    [InlineData(FunnelOrder.Ordered)]
    [InlineData(FunnelOrder.Strict)]
    [InlineData(FunnelOrder.Any)]
    public void Random_people_come_as_far_as_every_chain_tried_out_says(FunnelOrder order)
    {
        var random = new Random(20260302 + (int)order);
        for (var round = 0; round < 2_500; round++)
        {
            var plan = RandomPlan(random, order);
            var roles = RandomRoles(random, plan);
            var people = Enumerable.Range(0, 8).Select(_ => RandomEvents(random, plan, roles)).ToList();

            // The people's events together, shuffled before they are put in order of time: rows of one millisecond mix.
            var rows = people.SelectMany((events, person) => events.Select(e => (person, e))).ToArray();
            random.Shuffle(rows);
            rows = [.. rows.OrderBy(row => row.e.Time)];
            var scan = FunnelScan.Of(plan, random.Next(2) == 0 ? people.Count : 1);
            // Handed over in pieces that split no millisecond.
            for (var start = 0; start < rows.Length;)
            {
                var end = Math.Min(rows.Length, start + random.Next(1, 12));
                while (end < rows.Length && rows[end].e.Time == rows[end - 1].e.Time) end++;
                Give(scan, plan, rows[start..end]);
                start = end;
            }

            var answers = people.Select(events => FunnelOracle.Answer(plan, events)).ToList();
            for (var person = 0; person < people.Count; person++)
            {
                var told = $"{plan} {string.Join(",", plan.Exclusions)}: {string.Join(" ", people[person])}";
                Assert.True(answers[person].Level == scan.LevelOf(person), $"{answers[person].Level} not {scan.LevelOf(person)}: {told}");
                if (plan.IsGrouped && answers[person].Level > 0)
                    Assert.True(answers[person].Rank == scan.RankOf(person), $"rank {answers[person].Rank} not {scan.RankOf(person)}: {told}");
            }
            for (var step = 1; step <= plan.Steps; step++)
            {
                Assert.Equal(answers.Count(a => a.Level >= step), scan.Reached[step - 1]);
                if (step == 1) continue;
                var times = answers.Where(a => a.Level >= step).Select(a => a.Times[step - 2]).Order().ToList();
                Assert.Equal(times, scan.TimesTo(step).Times.ToArray().Order());
                double? median = times.Count == 0 ? null : (times[(times.Count - 1) / 2] + times[times.Count / 2]) / 2.0;
                Assert.Equal(median, scan.MedianMs(step));
            }
        }
    }

    private static FunnelPlan RandomPlan(Random random, FunnelOrder order)
    {
        var steps = random.Next(2, 5);
        List<ExclusionSpan> exclusions = [];
        for (var x = order == FunnelOrder.Ordered ? random.Next(3) : 0; x > 0; x--)
        {
            var after = random.Next(1, steps);
            exclusions.Add(new(after, random.Next(after + 1, steps + 1)));
        }
        return new(steps, order, random.Next(8), FromMs: 0, ToMs: random.Next(4) == 0 ? 6 : 100)
        {
            Exclusions = exclusions,
            IsGrouped = random.Next(2) == 0,
            Overlaps = random.Next(2) == 0,
        };
    }

    // What an event can be: one step, several where steps overlap (the same name, with and without a filter), an
    // exclusion, or an event of another name.
    private static uint[] RandomRoles(Random random, FunnelPlan plan)
    {
        var breaks = plan.Order == FunnelOrder.Strict ? FunnelPlan.Breaks : 0;
        List<uint> roles = [];
        for (var step = 0; step < plan.Steps; step++) roles.Add(1u << step | breaks);
        for (var i = 0; plan.Overlaps && i < 3; i++) roles.Add((uint)random.Next(1, 1 << plan.Steps) | breaks);
        for (var x = 0; x < plan.Exclusions.Count; x++) roles.Add(X << x);
        if (breaks != 0) roles.Add(breaks);
        return [.. roles];
    }

    private static List<FunnelEvent> RandomEvents(Random random, FunnelPlan plan, uint[] roles)
    {
        var span = random.Next(2, 13);
        return [.. Enumerable.Range(0, random.Next(8)).Select(_ =>
            new FunnelEvent(random.Next(span), roles[random.Next(roles.Length)], plan.IsGrouped ? random.Next(3) : 0))];
    }

    private static void AssertLevel(FunnelPlan plan, string steps, string events, int level, long time)
    {
        plan = plan with { Overlaps = steps.Distinct().Count() < steps.Length };
        var parsed = events.Split(' ').Select(e => new FunnelEvent(e[0] - '0', MaskOf(plan, steps, e[1]))).ToList();
        var answer = FunnelOracle.Answer(plan, parsed);
        Assert.Equal(level, answer.Level);

        var scan = Scan(plan, parsed);
        Assert.Equal(level, scan.LevelOf(0));
        if (time < 0) return;
        // From the start of the chain to the furthest step.
        Assert.Equal(time, answer.Times[level - 2]);
        Assert.Equal(time, scan.MedianMs(level));
    }

    private static uint MaskOf(FunnelPlan plan, string steps, char letter)
    {
        var mask = plan.Order == FunnelOrder.Strict ? FunnelPlan.Breaks : letter == 'X' ? X : 0;
        for (var step = 0; step < steps.Length; step++)
            if (steps[step] == letter) mask |= 1u << step;
        return mask;
    }

    private static FunnelPlan Plan(string steps, FunnelOrder order, long window) =>
        new(steps.Length, order, window, FromMs: 0, ToMs: 100);

    private static FunnelScan Scan(FunnelPlan plan, IReadOnlyList<FunnelEvent> events)
    {
        var scan = FunnelScan.Of(plan, 1);
        Give(scan, plan, [.. events.OrderBy(e => e.Time).Select(e => (0, e))]);
        return scan;
    }

    private static void Give(FunnelScan scan, FunnelPlan plan, (int Person, FunnelEvent Event)[] rows) => scan.Add(
        [.. rows.Select(row => row.Event.Time)], [.. rows.Select(row => row.Person)], [.. rows.Select(row => row.Event.Mask)],
        plan.IsGrouped ? [.. rows.Select(row => row.Event.Rank)] : []);
}
