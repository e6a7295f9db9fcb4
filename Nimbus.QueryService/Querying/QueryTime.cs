using NodaTime;
using NodaTime.Text;

namespace Nimbus.QueryService.Querying;

/// <summary>A time as a caller wrote it: a date, a local clock time, or an instant (docs/metrics.md#times).</summary>
/// <remarks>Times before 1900 or after 9998, where no event can lie, read as those limits.</remarks>
public sealed record QueryTime
{
    private static readonly LocalDate FirstDate = new(1900, 1, 1);
    private static readonly LocalDate LastDate = new(9998, 12, 31);

    private readonly LocalDate? _date;
    private readonly LocalDateTime? _local;
    private readonly Instant _instant;

    private QueryTime(LocalDate date) => _date = LocalDate.Max(FirstDate, LocalDate.Min(LastDate, date));

    private QueryTime(LocalDateTime local) => _local = Bounded(local);

    // Bounded before it is an instant: with its offset a time may lie beyond what an instant can be.
    private QueryTime(OffsetDateTime exact) =>
        _instant = Bounded(exact.LocalDateTime).WithOffset(exact.Offset).ToInstant();

    /// <summary>Reads <c>2026-03-01</c>, <c>2026-03-01T12:00:00</c> (local) or RFC 3339 with an offset; else null.</summary>
    public static QueryTime? Parse(string text)
    {
        // NodaTime takes U+0000 for the end of the text.
        if (text.Contains('\0')) return null;
        if (LocalDatePattern.Iso.Parse(text) is { Success: true } date) return new(date.Value);
        // A plus sign that nobody escaped arrives as a space; RFC 3339 allows lower case, and a space for the T.
        var chars = text.ToUpperInvariant().ToCharArray();
        for (var i = 0; i < chars.Length; i++)
            if (chars[i] == ' ') chars[i] = i == 10 ? 'T' : '+';
        var written = new string(chars);
        if (LocalDateTimePattern.ExtendedIso.Parse(written) is { Success: true } local) return new(local.Value);
        if (OffsetDateTimePattern.Rfc3339.Parse(written) is { Success: true } exact) return new(exact.Value);
        return null;
    }

    /// <summary>As an inclusive start: a date is the start of that day.</summary>
    public Instant AsFrom(LocalCalendar calendar) => _date is { } date ? calendar.StartOfDay(date) : Moment(calendar);

    /// <summary>As an exclusive end: a date is included, so it ends where the next day starts.</summary>
    public Instant AsTo(LocalCalendar calendar) =>
        _date is { } date ? calendar.StartOfDay(date.PlusDays(1)) : Moment(calendar);

    /// <summary>As a day: the day that holds it.</summary>
    public LocalDate AsDay(LocalCalendar calendar) => _date ?? calendar.DayOf(Moment(calendar));

    private Instant Moment(LocalCalendar calendar) =>
        WholeMillisecond(_local is { } local ? calendar.FirstInstantAt(local) : _instant);

    private static LocalDateTime Bounded(LocalDateTime local) =>
        LocalDateTime.Max(FirstDate.AtMidnight(), LocalDateTime.Min(LastDate.AtMidnight(), local));

    // Events lie on whole milliseconds: comparing with the next one is comparing with the time itself.
    private static Instant WholeMillisecond(Instant instant)
    {
        var floor = Instant.FromUnixTimeMilliseconds(instant.ToUnixTimeMilliseconds());
        return floor == instant ? instant : floor + Duration.FromMilliseconds(1);
    }
}
