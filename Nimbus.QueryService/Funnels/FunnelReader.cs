using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Funnels;

/// <summary>Computes funnels in one pass over a project's events.</summary>
public static class FunnelReader
{
    public static FunnelResult Run(FunnelQuery query, QueryRun run)
    {
        var pass = FunnelPass.Over(query, run);
        return new(
            Steps(query, pass.Reached, pass.MedianMs),
            query.GroupBy is null ? null : Groups(query, run, pass));
    }

    /// <summary>The people whose furthest step is one, or who reached it.</summary>
    /// <param name="step">From 1.</param>
    /// <param name="dropped">Who reached the step before and not this one.</param>
    /// <param name="group">Only those of the group of this value.</param>
    public static IEnumerable<Guid> People(FunnelQuery query, QueryRun run, int step, bool dropped, PropertyValue? group)
    {
        var pass = FunnelPass.Over(query, run);
        var people = new HashSet<int>();
        foreach (var (person, level, rank) in pass.Units())
        {
            if (dropped ? level != step - 1 : level < step) continue;
            if (group is { } value && pass.Ranks![rank] != value) continue;
            people.Add(person);
        }
        return people.Select(run.Snapshot.People.PersonId);
    }

    private static FunnelStepResult[] Steps(FunnelQuery query, long[] people, Func<int, double?> medianMs) =>
        [.. query.Steps.Select((step, i) => new FunnelStepResult(
            step.Label,
            people[i],
            Share(people[i], people[0]),
            Share(people[i], people[Math.Max(i - 1, 0)]),
            i == 0 ? null : medianMs(i + 1) / 1000))];

    private static double? Share(long part, long whole) => whole == 0 ? null : (double)part / whole;

    private static List<FunnelGroup> Groups(FunnelQuery query, QueryRun run, FunnelPass pass)
    {
        var (ranks, steps) = (pass.Ranks!, query.Steps.Count);
        run.Take((long)ranks.Count * (steps + 1) * sizeof(long));
        // By rank, how many came exactly to each level.
        var levels = new long[ranks.Count, steps + 1];
        foreach (var (_, level, rank) in pass.Units()) levels[rank, level]++;

        var entered = Enumerable.Range(0, ranks.Count)
            .Select(rank => (Rank: rank, People: Enumerable.Range(1, steps).Sum(level => levels[rank, level])))
            .Where(group => group.People > 0).OrderByDescending(group => group.People).ThenBy(group => group.Rank).ToList();
        var shown = Math.Min(entered.Count, FunnelQuery.MaxGroups);
        var placeOfRank = new int[ranks.Count];
        Array.Fill(placeOfRank, shown);
        for (var place = 0; place < shown; place++) placeOfRank[entered[place].Rank] = place;

        var places = entered.Count > shown ? shown + 1 : shown;
        var reached = new long[places][];
        for (var place = 0; place < places; place++) reached[place] = new long[steps];
        foreach (var (rank, _) in entered)
            for (var level = 1; level <= steps; level++)
                for (var step = 1; step <= level; step++) reached[placeOfRank[rank]][step - 1] += levels[rank, level];

        var medians = Medians(pass, placeOfRank, places, steps);
        return [.. Enumerable.Range(0, places).Select(place => new FunnelGroup(
            new RawJson(place < shown ? ranks[entered[place].Rank].Json : "\"$other\""),
            Steps(query, reached[place], step => medians[place, step]),
            Other: place == shown))];
    }

    private static double?[,] Medians(FunnelPass pass, int[] placeOfRank, int places, int steps)
    {
        var medians = new double?[places, steps + 1];
        for (var step = 2; step <= steps; step++)
        {
            var byPlace = Enumerable.Range(0, places).Select(_ => new List<long>()).ToArray();
            foreach (var (time, rank) in pass.TimesTo(step)) byPlace[placeOfRank[rank]].Add(time);
            for (var place = 0; place < places; place++)
                medians[place, step] = Durations.MedianOf(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(byPlace[place]));
        }
        return medians;
    }
}
