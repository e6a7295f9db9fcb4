using Nimbus.QueryService.Querying;
using NodaTime;
using NodaTime.Text;

namespace Nimbus.Tests.Query;

public sealed class QueryTimeTests
{
    private static readonly LocalCalendar Kathmandu = new(DateTimeZoneProviders.Tzdb["Asia/Kathmandu"]);

    [Theory]
    [InlineData("2026-03-01", "2026-02-28T18:15:00Z", "2026-03-01T18:15:00Z")] // that day in the zone, as `to` included
    [InlineData("2026-03-01T12:00:00", "2026-03-01T06:15:00Z", "2026-03-01T06:15:00Z")]
    [InlineData("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z")]
    [InlineData("2026-03-01T12:00:00.5+02:00", "2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00.5Z")]
    [InlineData("2026-03-01T12:00:00 02:00", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z")] // a plus sign, not escaped
    [InlineData("2026-03-01 12:00:00z", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z")]
    [InlineData("2026-03-01T12:00:00.0000001Z", "2026-03-01T12:00:00.001Z", "2026-03-01T12:00:00.001Z")] // events lie on milliseconds
    [InlineData("0001-01-01", "1899-12-31T18:18:44Z", "1900-01-01T18:18:44Z")]
    [InlineData("0001-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z")]
    [InlineData("9999-12-31", "9998-12-30T18:15:00Z", "9998-12-31T18:15:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9998-12-31T00:00:00Z", "9998-12-31T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999-12:00", "9998-12-31T12:00:00Z", "9998-12-31T12:00:00Z")]
    [InlineData("0001-01-01T00:00:00+14:00", "1899-12-31T10:00:00Z", "1899-12-31T10:00:00Z")]
    [InlineData("9999-12-31T23:59:59", "9998-12-30T18:15:00Z", "9998-12-30T18:15:00Z")]
    public void A_time_reads_as_an_instant(string text, string asFrom, string asTo)
    {
        var time = QueryTime.Parse(text);
        Assert.NotNull(time);
        Assert.Equal(InstantPattern.ExtendedIso.Parse(asFrom).Value, time.AsFrom(Kathmandu));
        Assert.Equal(InstantPattern.ExtendedIso.Parse(asTo).Value, time.AsTo(Kathmandu));
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2026-02-30")]
    [InlineData("2026-3-1")]
    [InlineData("2026-03-01T25:00:00Z")]
    [InlineData("2026-03-01T12:00:60Z")]
    [InlineData("2026-03-01T12:00:00+25:00")]
    [InlineData("1767225600")]
    [InlineData("99999-01-01")]
    [InlineData("2026-03-01\0")]
    [InlineData("\ud800")]
    [InlineData(" ")]
    public void Anything_else_reads_as_nothing(string text) => Assert.Null(QueryTime.Parse(text));

    [Fact]
    public void A_time_is_on_the_day_that_holds_it()
    {
        Assert.Equal(new LocalDate(2026, 3, 2), QueryTime.Parse("2026-03-01T18:15:00Z")!.AsDay(Kathmandu));
        Assert.Equal(new LocalDate(2026, 3, 1), QueryTime.Parse("2026-03-01")!.AsDay(Kathmandu));
    }
}
