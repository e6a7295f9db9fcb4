using NodaTime;

namespace Nimbus.Tests.Query;

/// <summary>
/// The twin of the bucket arithmetic: walks a year of one zone step by step, asks NodaTime for the local clock at each,
/// and notes where a bucket starts. It knows no rule of any zone and skips nothing.
/// </summary>
public sealed class NaiveCalendar
{
    private readonly Dictionary<string, List<Instant>> _starts = new()
    {
        ["1m"] = [],
        ["5m"] = [],
        ["15m"] = [],
        ["1h"] = [],
        ["1d"] = [],
        ["1w"] = [],
        ["1mo"] = [],
    };

    /// <summary>Zones with what makes each hard, and the year in which it happens.</summary>
    public static TheoryData<string, string> HardYears => new()
    {
        { "UTC", "2024-01-01" },
        { "America/Havana", "2018-01-01" },      // midnight itself is skipped in spring and occurs twice in autumn
        { "America/St_Johns", "2010-01-01" },    // at 00:01 the clock goes back to 23:01 of the day before
        { "America/Sao_Paulo", "2018-01-01" },   // at 24:00 the clock goes back to 23:00 of the same day
        { "Australia/Lord_Howe", "2018-01-01" }, // summer time is half an hour
        { "Pacific/Apia", "2011-06-01" },        // 2011-12-30 did not occur
        { "Africa/Monrovia", "1971-06-01" },     // -00:44:30 until January 1972
        { "Asia/Kathmandu", "1985-06-01" },      // +05:30 became +05:45
    };

    public NaiveCalendar(DateTimeZone zone, Instant from)
    {
        From = from;
        To = from + Duration.FromDays(366);
        var latest = LocalDate.MinIsoValue;
        var offset = zone.GetUtcOffset(from);
        for (var t = from; t < To; t += Duration.FromSeconds(30))
        {
            var before = offset;
            offset = zone.GetUtcOffset(t);
            var local = t.WithOffset(offset).LocalDateTime;
            NoteSlice("1m", 60);
            NoteSlice("5m", 300);
            NoteSlice("15m", 900);
            NoteSlice("1h", 3600);

            // A date that was reached stays reached, wherever the clock goes afterwards.
            var date = LocalDate.Max(latest, local.Date);
            if (date > latest)
            {
                _starts["1d"].Add(t);
                if (Monday(date) != Monday(latest)) _starts["1w"].Add(t);
                if ((date.Year, date.Month) != (latest.Year, latest.Month)) _starts["1mo"].Add(t);
            }
            latest = date;

            void NoteSlice(string bucket, int seconds)
            {
                var clock = local.TimeOfDay.TickOfDay / NodaConstants.TicksPerSecond;
                if (clock % seconds == 0 || Math.Abs(offset.Seconds - before.Seconds) % seconds != 0)
                    _starts[bucket].Add(t);
            }
        }
    }

    public Instant From { get; }

    public Instant To { get; }

    /// <summary>Where buckets start, except that the first may be where the walk began.</summary>
    public IReadOnlyList<Instant> Starts(string bucket) => _starts[bucket];

    /// <summary>The starts of the buckets that [from, to) touches.</summary>
    public List<Instant> Touched(string bucket, Instant from, Instant to)
    {
        var starts = _starts[bucket];
        return [.. starts.Where((start, i) => start < to && (i + 1 == starts.Count || starts[i + 1] > from))];
    }

    private static LocalDate Monday(LocalDate date) =>
        date == LocalDate.MinIsoValue || date.DayOfWeek == IsoDayOfWeek.Monday ? date : date.Previous(IsoDayOfWeek.Monday);
}
