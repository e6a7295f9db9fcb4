using System.Globalization;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Measures;

/// <summary>
/// Measures events over buckets and groups, side by side and from what is kept of sealed segments. With groups one pass finds the
/// largest; where the cells of all values are few it has their points too, else a second pass finds those.
/// </summary>
internal sealed class MeasureReader
{
    // Cells of all values in all buckets, for one pass instead of two; a list of numbers takes more than a count.
    private const int MaxCells = 1 << 20;
    private const int MaxLists = 1 << 16;

    // Counts per slice and name, from which all the rest is thrown away.
    private const int MaxNameCounts = 1 << 22;

    private readonly MeasureQuestion _question;
    private readonly QueryRun _run;
    private readonly GroupColumn? _group;
    private readonly Dictionary<(int Series, BucketedRange Range), Merged> _byCode = [];

    public MeasureReader(MeasureQuestion question, QueryRun run, GroupColumn? group = null)
    {
        (_question, _run) = (question, run);
        _group = group ?? GroupColumn.Of(question.GroupBy, run.Snapshot);
    }

    private int Words => (_run.Snapshot.PersonCount + 63) / 64;

    /// <summary>Of each series the groups that are the largest over a range.</summary>
    /// <exception cref="ProblemException">400 <c>too_many_groups</c>.</exception>
    public IReadOnlyList<ShownGroups> Largest(BucketedRange range)
    {
        if (_group is null) return [.. _question.Series.Select(_ => ShownGroups.None)];
        if (!_question.SharesGroups) return [.. _question.Series.Select((_, series) => Largest(series, range))];
        var first = Largest(0, range);
        return [.. _question.Series.Select(_ => first)];
    }

    /// <summary>The lines of one series: one of each group shown and one of the others, or one alone without a split.</summary>
    public IReadOnlyList<MeasuredLine> Lines(int series, BucketedRange range, ShownGroups groups)
    {
        if (_group is null)
            return Counted(series, range) is { } counted ? [counted]
                : [Line(Scan(new(series, Starts(range), null, null, 1, Key(series, "all")), range), 0, null, isOther: false)];
        var found = InPlaces(series, range, groups);
        var lines = groups.Codes.Select((code, place) => Line(found, place, _group[code], isOther: false)).ToList();
        if (groups.HasOther) lines.Add(Line(found, groups.Codes.Count, null, isOther: true));
        return lines;
    }

    private static long[] Starts(BucketedRange range) => [.. range.Starts.Select(start => start.ToUnixTimeMilliseconds())];

    private string? Key(int series, string what) =>
        _question.ScanKey is null || _group is { IsOfEvents: false } || _question.Where is { IsOfEvents: false }
            || _question.Series[series].Events.Where is { IsOfEvents: false }
            ? null : $"{_question.ScanKey}\n{series.ToString(CultureInfo.InvariantCulture)} {what}";

    private ShownGroups Largest(int series, BucketedRange range)
    {
        var measure = _question.Series[series].Measure;
        var starts = Starts(range);
        // People are counted by code over the whole range alone: their points take sets of them for each.
        var limit = measure.Kind >= MeasureKind.P50 ? MaxLists : MaxCells;
        var hasPoints = measure.Kind != MeasureKind.Users && (long)_group!.CodeCount * starts.Length <= limit;
        var found = Scan(
            new(series, hasPoints ? starts : [starts[0]], _group, null, 0, Key(series, hasPoints ? "points" : "totals")), range);
        if (hasPoints) _byCode[(series, range)] = found;

        var ranks = _group!.Ranks();
        if (_question.GroupBy is { } by) _run.CheckGroups(by, ranks.Count);
        // These may differ where doubles do not.
        var keepsDigits = measure.Kind is MeasureKind.Min or MeasureKind.Max;
        var codes = Enumerable.Range(0, ranks.Count).Where(found.Occurs)
            .Select(code => (Code: code, Total: found.Total(code)))
            .Select(group => (group.Code, Value: MeasureCells.Number(group.Total), Exact: keepsDigits && group.Total is { } total
                ? new PropertyValue(ValueKind.Number, total.Text) : PropertyValue.NotSet))
            .OrderBy(group => group.Value is null).ThenByDescending(group => group.Value)
            .ThenByDescending(group => group.Exact, PropertyValue.InOrder).ThenBy(group => ranks.Of(group.Code))
            .Select(group => group.Code).ToList();
        return new([.. codes.Take(_question.GroupLimit)], codes.Count > _question.GroupLimit);
    }

    private Merged InPlaces(int series, BucketedRange range, ShownGroups groups)
    {
        var placeOf = new int[_group!.CodeCount];
        Array.Fill(placeOf, groups.Codes.Count);
        for (var place = 0; place < groups.Codes.Count; place++) placeOf[groups.Codes[place]] = place;
        if (_byCode.TryGetValue((series, range), out var byCode)) return byCode.InPlaces(placeOf, groups.Codes.Count + 1);
        var shown = string.Join(' ', groups.Codes.Select(code => _group[code].Json));
        return Scan(new(series, Starts(range), _group, placeOf, groups.Codes.Count + 1, Key(series, "groups " + shown)), range);
    }

    // What segments know of their minutes answers how many events there are of a name.
    private MeasuredLine? Counted(int series, BucketedRange range)
    {
        var (events, measure) = _question.Series[series];
        var names = _run.Snapshot.Names.Count;
        if (measure.Kind != MeasureKind.Count || _question.Where is not null || events.Where is not null
            || (long)range.Starts.Count * names > MaxNameCounts)
            return null;
        var starts = new long[range.Starts.Count + 1];
        for (var i = 1; i < range.Starts.Count; i++) starts[i] = range.Starts[i].ToUnixTimeMilliseconds();
        (starts[0], starts[^1]) = (range.From.ToUnixTimeMilliseconds(), range.To.ToUnixTimeMilliseconds());
        _run.ThrowIfCancelled();
        var counts = _run.Snapshot.CountByMinute(starts);
        var only = events.Name is { } name ? _run.Snapshot.NameCode(name) : -1;
        var values = new long[range.Starts.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var slice = counts.AsSpan(i * names, names);
            if (only >= 0) values[i] = slice[only];
            else if (events.Name is null) foreach (var count in slice) values[i] += count;
        }
        return new(null, false, [.. values.Select(Number)], Number(values.Sum()));

        static RawNumber? Number(long count) => new(count.ToString(CultureInfo.InvariantCulture));
    }

    private static MeasuredLine Line(Merged found, int place, PropertyValue? group, bool isOther) => new(
        group, isOther, [.. Enumerable.Range(0, found.Buckets).Select(bucket => found.Value(place, bucket))], found.Total(place));

    private Merged Scan(ScanPlan plan, BucketedRange range)
    {
        var stretches = Stretch.Of(_run.Snapshot.Blocks(range.From.ToUnixTimeMilliseconds(), range.To.ToUnixTimeMilliseconds()));
        var isUsers = _question.Series[plan.Series].Measure.Kind == MeasureKind.Users;
        var property = Property(plan);
        // Of people the buckets that two stretches share are put together from both.
        var shares = new bool[stretches.Count + 1];
        for (var i = 1; isUsers && !plan.IsByCode && i < stretches.Count; i++)
            shares[i] = plan.BucketOf(stretches[i - 1].LastMs) == plan.BucketOf(stretches[i].FirstMs);
        var number = stretches.Index().ToDictionary(stretch => stretch.Item, stretch => stretch.Index);
        var scans = new List<SeriesScan>();
        var parts = _run.SideBySide(stretches, Worker, Part);
        return Merge(plan, parts, scans.SelectMany(scan => scan.TakeRest()));

        SeriesScan Worker()
        {
            var scan = new SeriesScan(_run, _question, plan);
            lock (scans) scans.Add(scan);
            return scan;
        }

        MeasurePart Part(SeriesScan scan, Stretch stretch)
        {
            var i = number[stretch];
            // Codes that become known while blocks are read mean something else the next time.
            if (plan.Key is null || _run.Parts is not { } kept || stretch.SealedVersion == 0 || _group?.IsFixed(stretch) == false
                || (property is not null && stretch.IsRaw(property)))
                return Taken(scan.Scan(stretch, shares[i], shares[i + 1], isKept: false));
            var key = new PartKey(
                stretch.SealedVersion, stretch.FirstMs, stretch.Count, isUsers ? _run.Snapshot.People.Version : 0,
                $"{plan.Key}\n{(shares[i] ? '<' : ' ')}{(shares[i + 1] ? '>' : ' ')}");
            if (kept.Find<MeasurePart>(key) is { } known) return known;
            var part = Taken(scan.Scan(stretch, shares[i], shares[i + 1], isKept: true));
            kept.Keep(key, part, part.Bytes);
            return part;
        }

        MeasurePart Taken(MeasurePart part)
        {
            _run.Take(part.Bytes);
            return part;
        }
    }

    private Merged Merge(ScanPlan plan, MeasurePart[] parts, IEnumerable<PlacedPeople> rest)
    {
        var series = _question.Series[plan.Series];
        var isUsers = series.Measure.Kind == MeasureKind.Users;
        var property = Property(plan);
        var places = plan.IsByCode ? _group!.CodeCount : plan.Places;
        var buckets = plan.Starts.Length;
        var cells = new MeasureCells(series.Measure, property);
        cells.Reserve(places * buckets);
        var occurs = new bool[places];
        var shared = new SortedDictionary<int, List<PlacedPeople>>();
        foreach (var part in parts)
        {
            _run.ThrowIfCancelled();
            var first = plan.BucketOf(part.FirstBucketMs);
            if (part.First is not null) Share(first, part.First);
            if (part.Last is not null) Share(first + part.Buckets - 1, part.Last);
            var (from, to) = (part.First is null ? 0 : 1, part.Buckets - (part.Last is null ? 0 : 1));
            for (var local = 0; local < part.Places; local++)
            {
                var place = part.Codes is null ? local : part.Codes[local];
                occurs[place] |= part.Occurs is null || part.Occurs[local];
                for (var bucket = from; bucket < to; bucket++)
                    cells.Add((place * buckets) + first + bucket, part.Cells, (local * part.Buckets) + bucket);
            }
        }
        _run.Take(cells.Bytes);
        foreach (var (bucket, sets) in shared)
        {
            var counts = Count(sets, places);
            for (var place = 0; place < places; place++) cells.Count((place * buckets) + bucket, counts[place]);
        }
        var people = isUsers ? Count([.. parts.Select(part => part.Total).OfType<PlacedPeople>(), .. rest], places) : null;
        return new(series.Measure, property, cells, places, buckets, occurs, people);

        void Share(int bucket, PlacedPeople people)
        {
            if (!shared.TryGetValue(bucket, out var sets)) shared.Add(bucket, sets = []);
            sets.Add(people);
        }
    }

    private PropertyColumn? Property(ScanPlan plan) =>
        _question.Series[plan.Series].Measure.Property is { } key ? _run.Snapshot.Column(PropertySource.Props, key) : null;

    private long[] Count(IReadOnlyCollection<PlacedPeople> sets, int places)
    {
        // A quarter of what the query may use, in bits; past that by sorting.
        long taken = 0;
        var counts = PlacedPeople.Count(sets, places, Words, _run.Limits.MaxBytes * 2, bytes => _run.Take(taken = bytes));
        _run.GiveBack(taken);
        return counts;
    }

    /// <summary>What all stretches together come to.</summary>
    /// <param name="People">By place how many there are in all buckets together, where people are counted.</param>
    private sealed record Merged(
        Measure Measure, PropertyColumn? Property, MeasureCells Cells, int Places, int Buckets, bool[] Occurred, long[]? People)
    {
        public bool Occurs(int place) => place < Occurred.Length && Occurred[place];

        public RawNumber? Value(int place, int bucket) => Cells.Value((place * Buckets) + bucket);

        public RawNumber? Total(int place) => People is null ? Cells.Value(place * Buckets, Buckets)
            : new(People[place].ToString(CultureInfo.InvariantCulture));

        /// <summary>The codes put together in places.</summary>
        public Merged InPlaces(int[] placeOf, int places)
        {
            var cells = new MeasureCells(Measure, Property);
            cells.Reserve(places * Buckets);
            for (var code = 0; code < Places; code++)
                for (var bucket = 0; bucket < Buckets; bucket++)
                    cells.Add((placeOf[code] * Buckets) + bucket, Cells, (code * Buckets) + bucket);
            return new(Measure, Property, cells, places, Buckets, [], null);
        }
    }
}
