using Nimbus.QueryService.Querying;
using NodaTime;
using NodaTime.Text;

namespace Nimbus.Tests.Query;

public sealed class BucketsTests
{
    [Theory]
    [MemberData(nameof(NaiveCalendar.HardYears), MemberType = typeof(NaiveCalendar))]
    public void Buckets_lie_where_a_walk_through_the_year_finds_them(string zoneId, string firstDay)
    {
        var zone = DateTimeZoneProviders.Tzdb[zoneId];
        var calendar = new LocalCalendar(zone);
        var naive = new NaiveCalendar(zone, At(firstDay + "T00:00:00Z"));
        var random = new Random(20181104);
        foreach (var bucket in new[] { "1m", "5m", "15m", "1h", "1d", "1w", "1mo" })
        {
            Assert.True(BucketSizes.TryParse(bucket, out var size));
            var buckets = new Buckets(calendar, size);
            // The walk sees its first bucket from the middle, so questions begin after the next one starts.
            var first = naive.Starts(bucket)[1];
            for (var i = 0; i < 40; i++)
            {
                var from = first + Random(random, naive.To - first - Duration.FromDays(1));
                var longest = size < BucketSize.Day
                    ? Duration.Min(naive.To - from, Duration.FromHours(60))
                    : naive.To - from;
                var to = from + Duration.FromMilliseconds(1) + Random(random, longest - Duration.FromMilliseconds(1));
                var expected = naive.Touched(bucket, from, to);
                Assert.Equal(expected, buckets.Covering(from, to)!.Starts);

                var count = random.Next(1, expected.Count + 1);
                Assert.Equal(expected.TakeLast(count), buckets.Last(count, to).Starts);
                Assert.Equal(expected[^1], buckets.StartOf(to - Duration.Epsilon));
            }
            // Every start of the year, so that no clock change is missed by chance.
            if (size >= BucketSize.Hour)
                Assert.Equal(naive.Starts(bucket).Skip(1), buckets.Covering(first, naive.To)!.Starts);
        }
    }

    [Theory]
    [InlineData("America/Havana", "2018-11-04", "2018-11-04T04:00:00Z", 25)]  // date_trunc says 05:00Z
    [InlineData("America/Havana", "2018-03-11", "2018-03-11T05:00:00Z", 23)]  // starts at 01:00, there is no 00:00
    [InlineData("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", 25)]
    [InlineData("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", 25)]
    [InlineData("America/St_Johns", "2010-11-06", "2010-11-06T02:30:00Z", 24)] // though 23:01 to 24:00 come again
    [InlineData("Africa/Monrovia", "1971-06-01", "1971-06-01T00:44:30Z", 24)]
    [InlineData("UTC", "2016-12-31", "2016-12-31T00:00:00Z", 24)]
    public void A_day_is_one_bucket_however_long_it_is(string zone, string day, string start, int hours)
    {
        var calendar = Calendar(zone);
        var date = LocalDatePattern.Iso.Parse(day).Value;
        Assert.Equal(At(start), calendar.StartOfDay(date));
        Assert.Equal(Duration.FromHours(hours), calendar.StartOfDay(date.PlusDays(1)) - calendar.StartOfDay(date));
    }

    [Fact]
    public void A_date_that_did_not_occur_has_no_bucket()
    {
        var calendar = Calendar("Pacific/Apia");
        var days = new Buckets(calendar, BucketSize.Day)
            .Covering(calendar.StartOfDay(new(2011, 12, 29)), calendar.StartOfDay(new(2012, 1, 1)))!;
        Assert.Equal([new LocalDate(2011, 12, 29), new(2011, 12, 31)], days.Starts.Select(calendar.DayOf));
    }

    [Fact]
    public void A_25_hour_day_has_25_hours()
    {
        // Havana: 00:00 summer time, 00:00 again in standard time, 01:00, … 23:00.
        var calendar = Calendar("America/Havana");
        var hours = new Buckets(calendar, BucketSize.Hour)
            .Covering(calendar.StartOfDay(new(2018, 11, 4)), calendar.StartOfDay(new(2018, 11, 5)))!;
        Assert.Equal(25, hours.Starts.Count);
        Assert.Equal([0, 0, 1, 2], hours.Starts.Take(4).Select(start => start.InZone(calendar.Zone).Hour));
        Assert.All(
            hours.Starts.Zip(hours.Starts.Skip(1)),
            pair => Assert.Equal(Duration.FromHours(1), pair.Second - pair.First));
    }

    [Fact]
    public void A_clock_change_of_half_an_hour_cuts_an_hour_short()
    {
        // Lord Howe goes from 02:00 to 02:30 in October, and from 02:00 back to 01:30 in April.
        Assert.Equal(["00:00", "01:00", "02:30", "03:00", "04:00"], Hours(new(2018, 10, 7)));
        Assert.Equal(["00:00", "01:00", "01:30", "02:00", "03:00"], Hours(new(2018, 4, 1)));

        static IEnumerable<string> Hours(LocalDate day)
        {
            var calendar = Calendar("Australia/Lord_Howe");
            return new Buckets(calendar, BucketSize.Hour)
                .Covering(calendar.StartOfDay(day), calendar.StartOfDay(day.PlusDays(1)))!
                .Starts.Take(5).Select(start => start.InZone(calendar.Zone).ToString("HH:mm", null));
        }
    }

    [Fact]
    public void Hours_start_on_the_local_hour()
    {
        var hours = new Buckets(Calendar("Asia/Kathmandu"), BucketSize.Hour).Last(2, At("2026-03-01T12:20:00Z"));
        Assert.Equal([At("2026-03-01T11:15:00Z"), At("2026-03-01T12:15:00Z")], hours.Starts);
    }

    [Fact]
    public void Weeks_start_on_Monday_and_months_on_the_first()
    {
        var to = At("2026-03-04T12:00:00Z"); // a Wednesday
        Assert.Equal(
            [At("2026-02-23T00:00:00Z"), At("2026-03-02T00:00:00Z")],
            new Buckets(Calendar("UTC"), BucketSize.Week).Last(2, to).Starts);
        Assert.Equal(
            [At("2026-02-01T00:00:00Z"), At("2026-03-01T00:00:00Z")],
            new Buckets(Calendar("UTC"), BucketSize.Month).Last(2, to).Starts);
    }

    [Fact]
    public void The_last_bucket_is_the_one_that_the_range_ends_in()
    {
        var days = new Buckets(Calendar("UTC"), BucketSize.Day);
        Assert.Equal(At("2026-03-01T00:00:00Z"), days.Last(1, At("2026-03-02T00:00:00Z")).Starts[0]);
        Assert.Equal(At("2026-03-02T00:00:00Z"), days.Last(1, At("2026-03-02T00:00:00.001Z")).Starts[0]);
    }

    [Fact]
    public void Ten_thousand_buckets_are_the_most()
    {
        var minutes = new Buckets(Calendar("UTC"), BucketSize.Minute);
        var from = At("2026-03-01T00:00:00Z");
        Assert.Equal(10_000, minutes.Covering(from, from + Duration.FromMinutes(10_000))!.Starts.Count);
        Assert.Null(minutes.Covering(from, from + Duration.FromMinutes(10_000) + Duration.FromMilliseconds(1)));
        Assert.Null(minutes.Covering(At("1900-01-01T00:00:00Z"), At("9998-12-31T00:00:00Z")));
    }

    [Fact]
    public void Days_of_every_zone_start_where_NodaTime_says_and_never_overlap()
    {
        var random = new Random(42);
        foreach (var id in DateTimeZoneProviders.Tzdb.Ids)
        {
            var calendar = Calendar(id);
            for (var i = 0; i < 50; i++)
            {
                var day = new LocalDate(1971, 1, 1).PlusDays(random.Next(22_000));
                var (start, next) = (calendar.StartOfDay(day), calendar.StartOfDay(day.PlusDays(1)));
                Assert.True(start <= next, $"{id} {day}");
                if (start == next) continue; // the date did not occur, and NodaTime throws
                Assert.Equal(calendar.Zone.AtStartOfDay(day).ToInstant(), start);
                Assert.Equal(day, calendar.DayOf(start));
                Assert.Equal(day, calendar.DayOf(next - Duration.Epsilon));
            }
        }
    }

    private static LocalCalendar Calendar(string zone) => new(DateTimeZoneProviders.Tzdb[zone]);

    private static Instant At(string text) => InstantPattern.ExtendedIso.Parse(text).Value;

    private static Duration Random(Random random, Duration below) =>
        Duration.FromMilliseconds(random.NextInt64(Math.Max(1, (long)below.TotalMilliseconds)));
}
