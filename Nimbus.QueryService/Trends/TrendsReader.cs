using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Trends;

/// <summary>Computes trends: with groups one pass to find the largest, then one for their points.</summary>
public static class TrendsReader
{
    public static TrendsResult Run(TrendsQuery query, QueryRun run)
    {
        var column = query.GroupBy is { } group ? run.Snapshot.Column(group.Source, group.Key) : null;
        var groups = query.GroupBy is null ? [] : Largest(query, run, column);
        return new(
            Lines(query, run, query.Range, column, groups),
            query.Previous is { } previous ? Lines(query, run, previous, column, groups) : null);
    }

    /// <summary>Of each series the values shown on their own, and whether there are others.</summary>
    private static List<(List<int> Codes, bool HasOther)> Largest(TrendsQuery query, QueryRun run, PropertyColumn? column)
    {
        var scan = new Scan(query, run, query.Range, column, _ => 0, code => code, initialPlaces: column?.CodeCount ?? 1);
        var ranks = new ValueRanks(column);
        if (ranks.Count > run.Limits.MaxGroupValues)
            throw new ProblemException(400, "too_many_groups", $"'{query.GroupBy!.Key}' has more than {run.Limits.MaxGroupValues:N0} values.");
        var largest = query.Series.Select((_, series) =>
        {
            var codes = Enumerable.Range(0, ranks.Count).Where(code => scan.Occurs(series, code))
                .Select(code => (Code: code, Value: MeasureCells.Number(scan.Total(series, code))))
                .OrderBy(group => group.Value is null).ThenByDescending(group => group.Value).ThenBy(group => ranks.Of(group.Code))
                .Select(group => group.Code).ToList();
            return (Codes: codes.Take(query.GroupLimit).ToList(), HasOther: codes.Count > query.GroupLimit);
        }).ToList();
        // The series of a formula have to be of the same groups: those of the first.
        return query.Formula is null ? largest : [.. largest.Select(_ => largest[0])];
    }

    private static List<TrendsLine> Lines(
        TrendsQuery query, QueryRun run, BucketedRange range, PropertyColumn? column, List<(List<int> Codes, bool HasOther)> groups)
    {
        var isGrouped = query.GroupBy is not null;
        var placesOfCodes = groups.Select(group => PlacesOf(group.Codes, column)).ToArray();
        var buckets = new TimeBuckets(range);
        var scan = new Scan(query, run, range, column, buckets.Of,
            (series, code) => !isGrouped ? 0 : code < placesOfCodes[series].Length ? placesOfCodes[series][code] : groups[series].Codes.Count,
            places: isGrouped ? groups.Max(group => group.Codes.Count) + 1 : 1);
        var lines = new List<TrendsLine>();
        for (var series = 0; series < (query.Formula is null ? query.Series.Count : 1); series++)
        {
            var label = query.Formula?.Text ?? query.Series[series].Label;
            if (!isGrouped)
            {
                lines.Add(Line(label, null, false, place: 0, series));
                continue;
            }
            for (var place = 0; place < groups[series].Codes.Count; place++)
                lines.Add(Line(label, new RawJson((column?[groups[series].Codes[place]] ?? PropertyValue.NotSet).Json), false, place, series));
            if (groups[series].HasOther)
                lines.Add(Line(label, new RawJson("\"$other\""), true, groups[series].Codes.Count, series));
        }
        return lines;

        TrendsLine Line(string label, RawJson? group, bool other, int place, int series) => new(
            label, group, other,
            [.. range.Starts.Select((start, bucket) => new SeriesPoint(
                start.ToDateTimeUtc(), Value(s => scan.Value(s, place, bucket), series)))],
            Value(s => scan.Total(s, place), series));

        RawNumber? Value(Func<int, RawNumber?> of, int series)
        {
            if (query.Formula is not { } formula) return of(series);
            var values = Enumerable.Range(0, query.Series.Count).Select(s => MeasureCells.Number(of(s))).ToArray();
            return formula.Of(values) is { } value ? MeasureCells.Text(value) : null;
        }
    }

    private static int[] PlacesOf(List<int> codes, PropertyColumn? column)
    {
        var places = new int[column?.CodeCount ?? 1];
        Array.Fill(places, codes.Count);
        for (var place = 0; place < codes.Count; place++) places[codes[place]] = place;
        return places;
    }

    /// <summary>One pass over a range: each series by place (a group) and bucket, and over all buckets.</summary>
    private sealed class Scan
    {
        private readonly int _buckets;
        private readonly MeasureCells[] _cells;
        private readonly MeasureCells[] _totals;
        private readonly bool[][] _occurs;

        /// <summary>Points of places.</summary>
        public Scan(
            TrendsQuery query, QueryRun run, BucketedRange range, PropertyColumn? column,
            Func<long, int> bucketOf, Func<int, int, int> placeOf, int places)
            : this(query, run, range, column, bucketOf, placeOf, range.Starts.Count, places, null)
        {
        }

        /// <summary>Totals of all values.</summary>
        public Scan(
            TrendsQuery query, QueryRun run, BucketedRange range, PropertyColumn? column,
            Func<long, int> bucketOf, Func<int, int> placeOf, int initialPlaces)
            : this(query, run, range, column, bucketOf, (_, code) => placeOf(code), 1, initialPlaces, [])
        {
        }

        private Scan(
            TrendsQuery query, QueryRun run, BucketedRange range, PropertyColumn? column, Func<long, int> bucketOf,
            Func<int, int, int> placeOf, int buckets, int places, HashSet<long>? seen)
        {
            _buckets = buckets;
            var snapshot = run.Snapshot;
            var properties = query.Series.Select(series =>
                series.Measure.Property is { } key ? snapshot.Column(PropertySource.Props, key) : null).ToArray();
            _cells = [.. query.Series.Select((series, i) => new MeasureCells(series.Measure, properties[i], run))];
            _totals = [.. query.Series.Select((series, i) => new MeasureCells(series.Measure, properties[i], run))];
            _occurs = [.. query.Series.Select(_ => new bool[places])];
            for (var series = 0; series < _cells.Length; series++) Reserve(series, places);

            // Of each person and place the last bucket they were counted in, plus one: time goes up, so one is enough.
            var last = query.Series.Select(series =>
                series.Measure.Kind == MeasureKind.Users && seen is null ? Last(run, places) : null).ToArray();
            var selector = new EventSelector(
                snapshot, [.. query.Series.Select(series => series.Events.Compile(snapshot))], query.Where?.Compile(snapshot))
            {
                KeepsNobodys = true,
            };
            foreach (var view in run.Blocks(range.From.ToUnixTimeMilliseconds(), range.To.ToUnixTimeMilliseconds()))
            {
                selector.Select(view);
                var codes = column is null ? default : view.Codes(column);
                for (var series = 0; series < _cells.Length; series++)
                {
                    var values = properties[series] is { } property ? view.Codes(property) : default;
                    var isUsers = query.Series[series].Measure.Kind == MeasureKind.Users;
                    for (var i = 0; i < selector.Masks.Length; i++)
                    {
                        if ((selector.Masks[i] >> series & 1) == 0) continue;
                        var position = selector.Positions[i];
                        var place = placeOf(series, codes.IsEmpty ? 0 : codes[position]);
                        if (place >= _occurs[series].Length) Reserve(series, place + 1);
                        _occurs[series][place] = true;
                        var bucket = bucketOf(selector.Times[i]);
                        if (isUsers)
                            AddPerson(run, series, place, bucket, selector.People[i], last[series], places, seen);
                        else
                        {
                            var value = values.IsEmpty ? 0 : values[position];
                            _cells[series].Add(place * _buckets + bucket, value);
                            _totals[series].Add(place, value);
                        }
                    }
                }
            }
        }

        public bool Occurs(int series, int place) => place < _occurs[series].Length && _occurs[series][place];

        public RawNumber? Value(int series, int place, int bucket) => _cells[series].Value(place * _buckets + bucket);

        public RawNumber? Total(int series, int place) => _totals[series].Value(place);

        private void AddPerson(
            QueryRun run, int series, int place, int bucket, int person, int[]? last, int places, HashSet<long>? seen)
        {
            if (person < 0) return;
            if (last is null)
            {
                // A set of (series, value, person): how many values there are is not known before.
                if (!seen!.Add(((long)series << 58) | ((long)place << 31) | (uint)person)) return;
                run.Take(24);
                _totals[series].AddPerson(place);
                return;
            }
            ref var known = ref last[(long)person * places + place];
            if (known == bucket + 1) return;
            if (known == 0) _totals[series].AddPerson(place);
            known = bucket + 1;
            _cells[series].AddPerson(place * _buckets + bucket);
        }

        private void Reserve(int series, int places)
        {
            _cells[series].Reserve(places * _buckets);
            _totals[series].Reserve(places);
            if (_occurs[series].Length < places) Array.Resize(ref _occurs[series], Math.Max(places, _occurs[series].Length * 2));
        }

        private static int[] Last(QueryRun run, int places)
        {
            run.Take((long)run.Snapshot.PersonCount * places * sizeof(int));
            return new int[(long)run.Snapshot.PersonCount * places];
        }
    }
}
