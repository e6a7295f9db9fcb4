using NodaTime;

namespace Nimbus.QueryService.Querying;

/// <summary>Where the buckets of one size lie in one time zone (docs/metrics.md#buckets).</summary>
/// <remarks>
/// Buckets under a day are slices of elapsed time that start where the local clock shows a multiple of their size.
/// A clock change by a whole number of buckets leaves them alone (an hour that occurs twice is two buckets of an
/// hour); any other change starts a new bucket, so none is longer than its size.
/// </remarks>
public sealed class Buckets(LocalCalendar calendar, BucketSize size)
{
    /// <summary>The most buckets one answer may have.</summary>
    public const int Max = 10_000;

    private readonly Duration _length = size switch
    {
        BucketSize.Minute => Duration.FromMinutes(1),
        BucketSize.FiveMinutes => Duration.FromMinutes(5),
        BucketSize.FifteenMinutes => Duration.FromMinutes(15),
        BucketSize.Hour => Duration.FromHours(1),
        _ => Duration.Zero,
    };

    /// <summary>The buckets that [from, to) touches; the first may start before from.</summary>
    /// <returns>Null when they would be more than <see cref="Max"/>.</returns>
    public BucketedRange? Covering(Instant from, Instant to)
    {
        var starts = new List<Instant>();
        for (var start = StartOf(from); start < to; start = Next(start))
        {
            if (starts.Count == Max) return null;
            starts.Add(start);
        }
        return new(starts, from, to);
    }

    /// <summary>The buckets before <paramref name="to"/>, which lies in the last of them or ends it.</summary>
    public BucketedRange Last(int count, Instant to)
    {
        var starts = new Instant[count];
        var end = to;
        for (var i = count - 1; i >= 0; i--) end = starts[i] = StartOf(end - Duration.Epsilon);
        return new(starts, starts[0], to);
    }

    /// <summary>The start of the bucket that holds this instant.</summary>
    public Instant StartOf(Instant instant)
    {
        if (_length != Duration.Zero) return StartOfSlice(instant);
        var day = calendar.DayOf(instant);
        return calendar.StartOfDay(size switch
        {
            BucketSize.Week => day.PlusDays(1 - (int)day.DayOfWeek),
            BucketSize.Month => day.With(DateAdjusters.StartOfMonth),
            _ => day,
        });
    }

    private Instant Next(Instant start)
    {
        if (_length != Duration.Zero) return NextSlice(start);
        var day = calendar.DayOf(start);
        return size switch
        {
            // The day that holds the start may not be a Monday or a first where that date does not occur.
            BucketSize.Week => calendar.StartOfDay(day.PlusDays(8 - (int)day.DayOfWeek)),
            BucketSize.Month => calendar.StartOfDay(day.With(DateAdjusters.StartOfMonth).PlusMonths(1)),
            _ => calendar.StartOfDay(day.PlusDays(1)),
        };
    }

    private Instant StartOfSlice(Instant instant)
    {
        var interval = calendar.Zone.GetZoneInterval(instant);
        var start = Aligned(instant, interval.WallOffset);
        while (interval.HasStart && start < interval.Start)
        {
            var before = calendar.Zone.GetZoneInterval(interval.Start - Duration.Epsilon);
            if (Cuts(before.WallOffset, interval.WallOffset)) return interval.Start;
            interval = before;
        }
        return start;
    }

    private Instant NextSlice(Instant start)
    {
        var interval = calendar.Zone.GetZoneInterval(start);
        var next = Aligned(start, interval.WallOffset) + _length;
        while (interval.HasEnd && interval.End < next)
        {
            var after = calendar.Zone.GetZoneInterval(interval.End);
            if (Cuts(interval.WallOffset, after.WallOffset)) return interval.End;
            interval = after;
        }
        return next;
    }

    private Instant Aligned(Instant instant, Offset offset)
    {
        var local = instant.ToUnixTimeTicks() + offset.Ticks;
        var length = _length.BclCompatibleTicks;
        var past = local % length;
        return Instant.FromUnixTimeTicks(local - (past < 0 ? past + length : past) - offset.Ticks);
    }

    private bool Cuts(Offset before, Offset after) => (after.Ticks - before.Ticks) % _length.BclCompatibleTicks != 0;
}

/// <summary>Consecutive buckets and the part of them that is asked about.</summary>
/// <param name="Starts">Ascending; each bucket ends where the next one starts, the last one at or after To.</param>
/// <param name="From">Inclusive; in the first bucket.</param>
/// <param name="To">Exclusive; in the last bucket or its end.</param>
public sealed record BucketedRange(IReadOnlyList<Instant> Starts, Instant From, Instant To);
