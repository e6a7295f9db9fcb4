using NodaTime;

namespace Nimbus.QueryService.Querying;

/// <summary>The calendar days of one time zone (docs/metrics.md#days).</summary>
/// <remarks>
/// A local day is [first instant whose local date is ≥ D, first instant whose local date is ≥ D+1). So days never
/// overlap, not even where the local date goes back for an hour, and a date that does not occur has no day.
/// </remarks>
public sealed class LocalCalendar(DateTimeZone zone)
{
    public DateTimeZone Zone => zone;

    /// <summary>The first instant at which the local clock shows <paramref name="local"/> or later.</summary>
    public Instant FirstInstantAt(LocalDateTime local)
    {
        // No offset exceeds 18 hours, so before this instant the clock of no zone has come this far.
        var interval = zone.GetZoneInterval(local.InUtc().ToInstant() - Duration.FromHours(18));
        while (true)
        {
            var sought = local.WithOffset(interval.WallOffset).ToInstant();
            if (!interval.HasEnd || sought < interval.End)
                return interval.HasStart && sought < interval.Start ? interval.Start : sought;
            interval = zone.GetZoneInterval(interval.End);
        }
    }

    /// <summary>Where the day starts: local midnight, or the end of the gap that swallowed it.</summary>
    public Instant StartOfDay(LocalDate day) => FirstInstantAt(day.AtMidnight());

    /// <summary>The day that holds this instant: its local date, save where that went back across midnight.</summary>
    public LocalDate DayOf(Instant instant)
    {
        var day = instant.InZone(zone).Date;
        while (StartOfDay(day.PlusDays(1)) <= instant) day = day.PlusDays(1);
        return day;
    }
}
