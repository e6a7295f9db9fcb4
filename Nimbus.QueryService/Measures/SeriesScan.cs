using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Measures;

/// <summary>What a scan of one series finds out.</summary>
/// <param name="Series">Its number.</param>
/// <param name="Starts">Where buckets start, Unix milliseconds.</param>
/// <param name="Group">What events are split by; null for no split.</param>
/// <param name="PlaceOf">By code the place of its group; codes behind its end are in the last place. Null: each code has a place of its own.</param>
/// <param name="Places">How many places there are with <paramref name="PlaceOf"/>.</param>
/// <param name="Key">Of what is found, as text; null where it must not be kept.</param>
internal sealed record ScanPlan(int Series, long[] Starts, GroupColumn? Group, int[]? PlaceOf, int Places, string? Key)
{
    public bool IsByCode => Group is not null && PlaceOf is null;

    public int BucketOf(long ms)
    {
        var at = Array.BinarySearch(Starts, ms);
        return at >= 0 ? at : Math.Max(~at - 1, 0);
    }
}

/// <summary>Measures one series over stretches of blocks, one after the other. For one thread.</summary>
internal sealed class SeriesScan
{
    private readonly QueryRun _run;
    private readonly ScanPlan _plan;
    private readonly Measure _measure;
    private readonly PropertyColumn? _property;
    private readonly EventPicker _picker;
    private readonly BlockView _view = new();
    private readonly int _words;
    private readonly List<int> _codes = [];
    private readonly List<PlacedPeople> _rest = [];
    private int[] _localOf = [];
    private PeopleTally? _tally;
    private MeasureCells _cells;
    private bool[] _occurs = [];
    private int _buckets;
    private int _bucket;
    private bool _hasPeople;

    public SeriesScan(QueryRun run, MeasureQuestion question, ScanPlan plan)
    {
        (_run, _plan) = (run, plan);
        var series = question.Series[plan.Series];
        _measure = series.Measure;
        _property = _measure.Property is { } key ? run.Snapshot.Column(PropertySource.Props, key) : null;
        _picker = new EventPicker(run.Snapshot, series.Events, question.Where);
        _words = (run.Snapshot.PersonCount + 63) / 64;
        _cells = new MeasureCells(_measure, _property);
    }

    private bool IsUsers => _measure.Kind == MeasureKind.Users;

    /// <summary>Whoever no part has: see <see cref="Scan"/>.</summary>
    public IEnumerable<PlacedPeople> TakeRest() => _tally is null ? _rest : [.. _rest, _tally.TakeAll()];

    /// <param name="sharesFirst">The bucket that the stretch begins in may have events elsewhere too.</param>
    /// <param name="sharesLast">So may the one it ends in.</param>
    /// <param name="isKept">The part has all its people; else they are in <see cref="TakeRest"/>.</param>
    public MeasurePart Scan(Stretch stretch, bool sharesFirst, bool sharesLast, bool isKept)
    {
        var first = _plan.BucketOf(stretch.FirstMs);
        _buckets = _plan.BucketOf(stretch.LastMs) - first + 1;
        _cells = new MeasureCells(_measure, _property);
        _occurs = new bool[_plan.IsByCode ? 0 : _plan.Places];
        if (!_plan.IsByCode) _cells.Reserve(_plan.Places * _buckets);
        PlacedPeople? firstPeople = null, lastPeople = null;
        var current = 0;
        if (IsUsers) PrepareTally(stretch, isKept);

        foreach (var block in stretch.Blocks)
        {
            _run.ThrowIfCancelled();
            if (_picker.PicksNone) break;
            _view.Open(block);
            _picker.Pick(_view);
            var count = _picker.PicksAll ? block.Count : _picker.Positions.Length;
            if (count == 0) continue;
            var (bucket, last) = (_plan.BucketOf(block.FirstMs), _plan.BucketOf(block.LastMs));
            var times = bucket == last ? default : _view.Times;
            var codes = _plan.Group is null ? default : _plan.Group.Codes(_view);
            var values = IsUsers ? _view.Persons : _property is null ? default : _view.Codes(_property);
            for (var from = 0; from < count; bucket++)
            {
                var to = bucket == last ? count : IndexOf(Search.FirstAtLeast(times, _plan.Starts[bucket + 1]));
                if (to == from) continue;
                if (IsUsers)
                {
                    if (bucket - first > current) EndBucket(bucket - first);
                    AddPeople(codes, values, from, to);
                }
                else if (_measure.Property is null) CountEvents(codes, bucket - first, from, to);
                else AddNumbers(codes, values, bucket - first, from, to);
                from = to;
            }
        }
        if (IsUsers) EndBucket(_buckets);
        var met = _plan.IsByCode ? _codes.ToArray() : null;
        foreach (var code in _codes) _localOf[code] = 0;
        _codes.Clear();
        return new(
            _plan.Starts[first], _buckets, _cells, met?.Length ?? _plan.Places, met, met is null ? _occurs : null,
            IsUsers && isKept ? _tally!.TakeAll() : null, firstPeople, lastPeople);

        void EndBucket(int next)
        {
            var isFirst = current == 0 && sharesFirst;
            var isLast = next == _buckets && sharesLast;
            if (_hasPeople && !_plan.IsByCode)
            {
                _bucket = current;
                var people = _tally!.EndBucket(CountPeople, keeps: isFirst || isLast);
                if (isFirst) firstPeople = people;
                else if (isLast) lastPeople = people;
            }
            _hasPeople = false;
            current = next;
        }
    }

    private int IndexOf(int position)
    {
        if (_picker.PicksAll) return position;
        var at = _picker.Positions.BinarySearch(position);
        return at >= 0 ? at : ~at;
    }

    private void CountPeople(int place, long people) => _cells.Count((place * _buckets) + _bucket, people);

    private void PrepareTally(Stretch stretch, bool isKept)
    {
        var places = _plan.IsByCode ? _plan.Group!.CodeCount : _plan.Places;
        // Codes that become known while blocks are read would find no bits.
        var isFixed = !_plan.IsByCode || _plan.Group!.IsFixed(stretch);
        var isDense = isFixed && PeopleTally.WantsBits(_words, places, stretch.Count / _buckets);
        _hasPeople = false;
        if (_tally is not null && _tally.IsDense == isDense && (!isDense || _tally.Places == places))
        {
            if (isKept) _rest.Add(_tally.TakeAll());
            return;
        }
        if (_tally is not null) _rest.Add(_tally.TakeAll());
        var tally = isDense ? PeopleTally.OfBits(_words, places) : PeopleTally.OfMembers();
        _run.Take(tally.Bytes);
        _tally = tally;
    }

    private void CountEvents(ReadOnlySpan<int> codes, int bucket, int from, int to)
    {
        if (codes.IsEmpty)
        {
            _cells.Count((PlaceOf(0) * _buckets) + bucket, to - from);
            return;
        }
        if (_picker.PicksAll)
        {
            foreach (var code in codes[from..to]) _cells.Count((PlaceOf(code) * _buckets) + bucket, 1);
            return;
        }
        foreach (var position in _picker.Positions[from..to]) _cells.Count((PlaceOf(codes[position]) * _buckets) + bucket, 1);
    }

    private void AddNumbers(ReadOnlySpan<int> codes, ReadOnlySpan<int> values, int bucket, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var position = _picker.PicksAll ? i : _picker.Positions[i];
            // The group occurs, whether or not it has a number.
            var place = PlaceOf(codes.IsEmpty ? 0 : codes[position]);
            if (!values.IsEmpty) _cells.Add((place * _buckets) + bucket, values[position]);
        }
    }

    private void AddPeople(ReadOnlySpan<int> codes, ReadOnlySpan<int> persons, int from, int to)
    {
        _hasPeople = true;
        if (codes.IsEmpty && _tally!.IsDense && !_plan.IsByCode) AddPeopleOfOnePlace(persons, from, to);
        else AddPlacedPeople(codes, persons, from, to);
    }

    private void AddPeopleOfOnePlace(ReadOnlySpan<int> persons, int from, int to)
    {
        var canonical = _run.Snapshot.People.CanonicalIds;
        var bits = _tally!.Bits(PlaceOf(0));
        if (_picker.PicksAll)
        {
            foreach (var dense in persons[from..to])
                if (dense >= 0 && canonical[dense] is >= 0 and var person) bits[person >> 6] |= 1UL << person;
            return;
        }
        foreach (var position in _picker.Positions[from..to])
            if (persons[position] is >= 0 and var dense && canonical[dense] is >= 0 and var person) bits[person >> 6] |= 1UL << person;
    }

    private void AddPlacedPeople(ReadOnlySpan<int> codes, ReadOnlySpan<int> persons, int from, int to)
    {
        var canonical = _run.Snapshot.People.CanonicalIds;
        var tally = _tally!;
        var bits = _plan.IsByCode ? tally.Everybody : tally.AllBits;
        for (var i = from; i < to; i++)
        {
            var position = _picker.PicksAll ? i : _picker.Positions[i];
            var code = codes.IsEmpty ? 0 : codes[position];
            var place = PlaceOf(code);
            if (persons[position] is not (>= 0 and var dense) || canonical[dense] is not (>= 0 and var person)) continue;
            // The places of codes are of this stretch alone: people are told apart by the code itself, over all of them.
            if (_plan.IsByCode) place = code;
            if (tally.IsDense) bits[(place * _words) + (person >> 6)] |= 1UL << person;
            else if (_plan.IsByCode) tally.AddToAll(place, person);
            else tally.Add(place, person);
        }
    }

    // A code's place; by code, places are given out as codes are met.
    private int PlaceOf(int code)
    {
        if (_plan.PlaceOf is { } placeOf)
        {
            var place = code < placeOf.Length ? placeOf[code] : _plan.Places - 1;
            _occurs[place] = true;
            return place;
        }
        if (_plan.Group is null) return 0;
        if (code < _localOf.Length && _localOf[code] is > 0 and var known) return known - 1;
        return NewPlace(code);
    }

    private int NewPlace(int code)
    {
        if (code >= _localOf.Length) Array.Resize(ref _localOf, Math.Max(_plan.Group!.CodeCount, code + 1));
        _codes.Add(code);
        _localOf[code] = _codes.Count;
        _cells.Reserve(_codes.Count * _buckets);
        return _codes.Count - 1;
    }
}
