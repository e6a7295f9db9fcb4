using System.Runtime.InteropServices;
using Nimbus.Events;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Paths;

/// <summary>Follows each person from an event on, or back from one, one step an event (docs/metrics.md#paths).</summary>
public static class PathsReader
{
    private const int Other = -1;

    public static PathsResult Run(PathsQuery query, QueryRun run)
    {
        var nodes = new Dictionary<(int Step, int Name), long>();
        var links = new Dictionary<(int Step, int From, int To), List<long>>();
        Walk(query, run, nodes, links);

        var names = run.Snapshot.Names;
        var shown = nodes.GroupBy(node => node.Key.Step).SelectMany(step => step
            .OrderByDescending(node => node.Value).ThenBy(node => names[node.Key.Name], StringComparer.Ordinal)
            .Take(query.Top).Select(node => node.Key)).ToHashSet();
        // Those who are not shown on their own are one node of their step.
        int Shown(int step, int name) => shown.Contains((step, name)) ? name : Other;
        int Number(int step) => query.IsBackward ? -step : step;
        string Id(int step, int name) => $"{Number(step)}:{(name == Other ? "$other" : names[name])}";

        var answeredNodes = nodes.GroupBy(node => (node.Key.Step, Name: Shown(node.Key.Step, node.Key.Name)))
            .Select(group => (group.Key.Step, group.Key.Name, People: group.Sum(node => node.Value)))
            .OrderBy(node => node.Step).ThenBy(node => node.Name == Other).ThenByDescending(node => node.People)
            .ThenBy(node => node.Name == Other ? "" : names[node.Name], StringComparer.Ordinal)
            .Select(node => new PathNode(
                Id(node.Step, node.Name), Number(node.Step), node.Name == Other ? "$other" : names[node.Name]!, node.People, node.Name == Other));
        // Step is that of the later end when walked forward; back, of the earlier one.
        var answeredLinks = links
            .GroupBy(link => query.IsBackward
                ? (From: Id(link.Key.Step, Shown(link.Key.Step, link.Key.From)), To: Id(link.Key.Step - 1, Shown(link.Key.Step - 1, link.Key.To)), link.Key.Step)
                : (From: Id(link.Key.Step - 1, Shown(link.Key.Step - 1, link.Key.From)), To: Id(link.Key.Step, Shown(link.Key.Step, link.Key.To)), link.Key.Step))
            .Select(group => (group.Key, Times: group.SelectMany(link => link.Value).ToList()))
            .OrderBy(link => link.Key.Step).ThenByDescending(link => link.Times.Count)
            .ThenBy(link => link.Key.From, StringComparer.Ordinal).ThenBy(link => link.Key.To, StringComparer.Ordinal)
            .Select(link => new PathLink(
                link.Key.From, link.Key.To, link.Times.Count, Durations.MedianOf(CollectionsMarshal.AsSpan(link.Times)) / 1000 ?? 0));
        return new([.. answeredNodes], [.. answeredLinks]);
    }

    /// <summary>How far a person's path has come.</summary>
    private struct Walker
    {
        public long OriginMs;
        public long LastMs;
        public int LastName;
        public int Steps;
        public bool IsDone;
    }

    private static void Walk(
        PathsQuery query, QueryRun run, Dictionary<(int Step, int Name), long> nodes,
        Dictionary<(int Step, int From, int To), List<long>> links)
    {
        var snapshot = run.Snapshot;
        var names = snapshot.Names;
        var anchor = query.Anchor is null ? -1 : snapshot.NameCode(query.Anchor);
        if (query.Anchor is not null && anchor < 0) return;
        var isExcluded = names.Select(name => name is not null && query.Exclude.Contains(name)).ToArray();
        var walkers = run.PerPerson<Walker>();
        var selector = new EventSelector(snapshot, [new EventRole(null)], query.Where?.Compile(snapshot));
        var order = new RunOrder(names);
        foreach (var view in query.IsBackward
            ? run.BlocksBackward(query.FromMs, query.ToMs) : run.Blocks(query.FromMs, query.ToMs))
        {
            selector.Select(view);
            var (codes, flags) = (view.Names.ToArray(), view.Flags.ToArray());
            var indexes = order.Of(selector, codes, view.Seqs);
            for (var i = 0; i < indexes.Length; i++)
            {
                var at = indexes[query.IsBackward ? indexes.Length - 1 - i : i];
                var (position, time) = (selector.Positions[at], selector.Times[at]);
                var name = codes[position];
                // Traits that change are nothing that somebody did.
                if (isExcluded[name] || EventFlags.TypeOf(flags[position]) == EventType.Profile) continue;
                Step(ref walkers[selector.People[at]], name, time);
            }
        }

        void Step(ref Walker walker, int name, long time)
        {
            if (walker.IsDone) return;
            if (walker.Steps == 0)
            {
                if (anchor >= 0 && name != anchor) return;
                walker = new Walker { OriginMs = time, LastMs = time, LastName = name, Steps = 1 };
                Count(nodes, (0, name));
                return;
            }
            if (query.WindowMs is { } window && Math.Abs(time - walker.OriginMs) > window)
            {
                walker.IsDone = true;
                return;
            }
            if (name != walker.LastName)
            {
                if (walker.Steps == query.Depth)
                {
                    walker.IsDone = true;
                    return;
                }
                run.Take(16);
                var ends = query.IsBackward ? (walker.Steps, name, walker.LastName) : (walker.Steps, walker.LastName, name);
                if (!links.TryGetValue(ends, out var times)) links.Add(ends, times = []);
                times.Add(Math.Abs(time - walker.LastMs));
                Count(nodes, (walker.Steps, name));
                walker.Steps++;
                walker.LastName = name;
            }
            walker.LastMs = time;
        }
    }

    private static void Count(Dictionary<(int Step, int Name), long> nodes, (int Step, int Name) node) =>
        CollectionsMarshal.GetValueRefOrAddDefault(nodes, node, out _)++;

    /// <summary>The order of events: in one millisecond by seq, then by name, whenever they arrived.</summary>
    private sealed class RunOrder(IReadOnlyList<string?> names)
    {
        private int[] _indexes = [];

        public ReadOnlySpan<int> Of(EventSelector selected, int[] codes, ReadOnlySpan<long> seqs)
        {
            var count = selected.Positions.Length;
            if (_indexes.Length < count) _indexes = new int[count];
            var keys = seqs.IsEmpty ? null : seqs.ToArray();
            var (times, positions) = (selected.Times.ToArray(), selected.Positions.ToArray());
            for (var i = 0; i < count; i++) _indexes[i] = i;
            for (var start = 0; start < count;)
            {
                var end = start + 1;
                while (end < count && times[end] == times[start]) end++;
                if (end > start + 1) _indexes.AsSpan(start, end - start).Sort(Compare);
                start = end;
            }
            return _indexes.AsSpan(0, count);

            int Compare(int a, int b)
            {
                var bySeq = keys is null ? 0 : keys[positions[a]].CompareTo(keys[positions[b]]);
                return bySeq != 0 ? bySeq : string.CompareOrdinal(names[codes[positions[a]]], names[codes[positions[b]]]);
            }
        }
    }
}
