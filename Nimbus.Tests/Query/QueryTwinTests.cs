using System.Numerics;
using System.Text.Json;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Stats;
using Nimbus.Tests.Hosting;
using NodaTime;
using NodaTime.Text;

namespace Nimbus.Tests.Query;

/// <summary>Every query over random events in PostgreSQL answers what its naive twin computes from the same events.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class QueryTwinTests(NimbusSystem nimbus) : IAsyncLifetime
{
    private EventsDatabase database = null!;

    public async Task InitializeAsync() => database = await EventsDatabase.OpenAsync(nimbus);

    public async Task DisposeAsync() => await database.DisposeAsync();

    /// <summary>Eight days around something hard, in its zone.</summary>
    public static TheoryData<string, string> HardDays => new()
    {
        { "UTC", "2026-02-25T00:00:00Z" },
        { "America/Havana", "2018-11-01T04:00:00Z" },
        { "America/Havana", "2018-03-08T05:00:00Z" },
        { "America/St_Johns", "2010-11-04T02:30:00Z" },
        { "America/Sao_Paulo", "2018-02-14T02:00:00Z" },
        { "Australia/Lord_Howe", "2018-03-29T13:00:00Z" },
        { "Pacific/Apia", "2011-12-27T10:00:00Z" },
        { "Africa/Monrovia", "1972-01-04T00:44:30Z" },
        { "Asia/Kathmandu", "1985-12-28T18:30:00Z" },
    };

    public static TheoryData<string> Measures =>
        ["count", "users", "sum:price", "avg:price", "min:price", "max:price", "p50:price", "p90:price", "p99:price", "sum:colour"];

    [Theory]
    [MemberData(nameof(HardDays))]
    public async Task Metrics_in_buckets_of_every_size(string zone, string from)
    {
        var (project, calendar, start) = await StoreAsync(zone, from, 300);
        foreach (var size in Enum.GetValues<BucketSize>().Where(size => size > BucketSize.FiveMinutes))
            foreach (var measure in new[] { Measure.Count, new Measure(MeasureKind.Users), new Measure(MeasureKind.Sum, "price") })
            {
                // Off every boundary, so that the first and the last bucket are partly full.
                var range = new Buckets(calendar, size).Covering(start + Duration.FromMinutes(777), start + Duration.FromHours(155))!;
                await AssertSeriesAsync(project, range, size, measure);
            }
    }

    [Theory]
    [MemberData(nameof(Measures))]
    public async Task Every_measure_with_and_without_groups(string measureText)
    {
        var (project, calendar, start) = await StoreAsync("America/Havana", "2018-11-01T04:00:00Z", 500);
        var measure = Measure.Parse(measureText)!;
        var range = new Buckets(calendar, BucketSize.Day).Covering(start, start + Duration.FromDays(9))!;
        await AssertSeriesAsync(project, range, BucketSize.Day, measure);

        foreach (var key in new[] { "colour", "price", "missing" })
        {
            var result = await database.Metrics.ReadAsync(
                new(project.Id, range, new EventFilter(), measure, BucketSize.Day, GroupBy: key), default);
            var expected = NaiveQueries.Groups(project, measure, project.Events, key);
            Assert.Null(result.Series);
            Assert.Equal(expected.Select(group => (group.Value, group.Other)),
                result.Groups!.Select(group => (NaiveQueries.Canonical(group.Value.Text), group.Other)));
            foreach (var (group, twin) in result.Groups!.Zip(expected))
                AssertSame(NaiveQueries.Series(project, measure, twin.Events, range.Starts), group.Series);
        }
    }

    [Fact]
    public async Task Filters_on_name_user_and_properties()
    {
        var (project, calendar, start) = await StoreAsync("UTC", "2026-02-25T00:00:00Z", 500);
        var range = new Buckets(calendar, BucketSize.Day).Covering(start, start + Duration.FromDays(8))!;
        string[] values =
            ["red", "12", "12.0", "true", "$other", "9007199254740993", "9007199254740992", "", "null", "1e-400", "[1,2]"];
        foreach (var value in values)
            foreach (var name in new[] { null, "view", "never" })
                foreach (var user in new[] { null, "ada", "anonymous", "nobody" })
                {
                    var candidates = PropertyFilter.CandidatesFor(value).ToList();
                    var filter = new EventFilter(name, user, [new PropertyFilter("colour", candidates)]);
                    var matching = project.Events.Where(e => (name is null || e.Name == name) && (user is null || e.UserId == user)
                        && e.Props.TryGetValue("colour", out var colour)
                        && candidates.Select(NaiveQueries.Canonical).Contains(NaiveQueries.Canonical(colour))).ToList();
                    var result = await database.Metrics.ReadAsync(new(project.Id, range, filter, Measure.Count, BucketSize.Day), default);
                    AssertSame(NaiveQueries.Series(project, Measure.Count, matching, range.Starts), result.Series!);
                }
    }

    [Theory]
    [MemberData(nameof(HardDays))]
    public async Task Daily_users(string zone, string from)
    {
        var (project, calendar, start) = await StoreAsync(zone, from, 300);
        var first = calendar.DayOf(start);
        var days = new Buckets(calendar, BucketSize.Day).Covering(start, calendar.StartOfDay(first.PlusDays(9)))!;
        var result = await database.DailyUsers.ReadAsync(project.Id, calendar, days, default);

        // Each event's day by its own clock: the latest date that any clock of the zone had shown by then.
        var expected = project.Events.GroupBy(e => DayOf(Instant.FromDateTimeUtc(e.Ts)))
            .ToDictionary(day => day.Key, day => day.Select(project.Person).OfType<string>().Distinct().LongCount());
        Assert.Equal(
            expected.Where(day => day.Value > 0).OrderBy(day => day.Key).Select(day => (day.Key.ToDateOnly(), day.Value)),
            result.Days.Where(day => day.Users > 0).Select(day => (day.Date, day.Users)));
        Assert.Equal(zone == "Pacific/Apia" ? 8 : 9, result.Days.Count);

        LocalDate DayOf(Instant instant) => Enumerable.Range(0, 60 * 48)
            .Max(minutes => (instant - Duration.FromMinutes(minutes)).InZone(calendar.Zone).Date);
    }

    [Fact]
    public async Task Top_events()
    {
        var (project, _, start) = await StoreAsync("UTC", "2026-02-25T00:00:00Z", 400);
        (Instant?, Instant?)[] ranges =
            [(null, null), (start + Duration.FromDays(2), null), (null, start), (start, start + Duration.FromDays(1))];
        foreach (var (from, to) in ranges)
        {
            var result = await database.TopEvents.ReadAsync(project.Id, from, to, 4, default);
            var expected = project.Events
                .Where(e => !(Instant.FromDateTimeUtc(e.Ts) < from) && !(Instant.FromDateTimeUtc(e.Ts) >= to))
                .GroupBy(e => e.Name)
                .Select(name => new TopEvent(
                    name.Key, name.Count(), name.Select(project.Person).OfType<string>().Distinct().Count()))
                .OrderByDescending(e => e.Count).ThenBy(e => e.Name, StringComparer.Ordinal).Take(4);
            Assert.Equal(expected, result.Events);
        }
    }

    [Theory]
    [InlineData(true, 7)]
    [InlineData(false, 7)]
    [InlineData(false, 1)]
    [InlineData(true, 1000)]
    public async Task Pages_of_events_hold_each_event_once_and_in_order(bool ascending, int limit)
    {
        var (project, _, start) = await StoreAsync("UTC", "2026-02-25T00:00:00Z", 120);
        var expected = project.Events.Where(e => e.Name == "view" && Instant.FromDateTimeUtc(e.Ts) >= start)
            .OrderBy(e => e.Ts).ThenBy(e => e.Id.ToString()).ToList();
        if (!ascending) expected.Reverse();

        var read = new List<EventResult>();
        EventCursor? after = null;
        do
        {
            var page = await database.Events.ReadAsync(
                new(project.Id, new EventFilter("view"), start, null, ascending, limit, after), default);
            Assert.True(page.Events.Count <= limit);
            read.AddRange(page.Events);
            after = page.NextCursor is null ? null : EventCursor.Parse(page.NextCursor);
        }
        while (after is not null);

        Assert.Equal(expected.Select(e => e.Id), read.Select(e => e.Id));
        foreach (var (e, result) in expected.Zip(read))
        {
            Assert.Equal((e.Ts, e.Name, e.UserId, e.AnonymousId), (result.Ts, result.Name, result.UserId, result.AnonymousId));
            Assert.Equal(project.Person(e) is { } person ? project.PersonIds[person] : null, result.PersonId);
            Assert.True(
                JsonElement.DeepEquals(Json(e.PropsText), Json(result.Props.Text)), $"{e.PropsText} became {result.Props.Text}");
        }
    }

    [Fact]
    public async Task A_project_without_events_has_empty_answers()
    {
        var (project, calendar, start) = await StoreAsync("UTC", "2026-02-25T00:00:00Z", 0);
        var range = new Buckets(calendar, BucketSize.Hour).Covering(start, start + Duration.FromHours(3))!;
        await AssertSeriesAsync(project, range, BucketSize.Hour, Measure.Count);
        await AssertSeriesAsync(project, range, BucketSize.Hour, new(MeasureKind.P90, "price"));
        var grouped = new MetricsQuery(project.Id, range, new(), Measure.Count, BucketSize.Hour, "colour");
        Assert.Empty((await database.Metrics.ReadAsync(grouped, default)).Groups!);
        Assert.Empty((await database.TopEvents.ReadAsync(project.Id, null, null, 10, default)).Events);
        var page = await database.Events.ReadAsync(new(project.Id, new(), null, null, false, 10, null), default);
        Assert.Empty(page.Events);
        Assert.Null(page.NextCursor);
    }

    private async Task<(StoredProject, LocalCalendar, Instant)> StoreAsync(string zone, string from, int events)
    {
        var start = InstantPattern.ExtendedIso.Parse(from).Value;
        var project = RandomProject.Make(seed: events + zone.Length, start, events);
        await project.StoreAsync(database.DataSource);
        return (project, new LocalCalendar(DateTimeZoneProviders.Tzdb[zone]), start);
    }

    private async Task AssertSeriesAsync(StoredProject project, BucketedRange range, BucketSize size, Measure measure)
    {
        var result = await database.Metrics.ReadAsync(new(project.Id, range, new EventFilter(), measure, size), default);
        var inRange = project.Events.Where(e =>
            Instant.FromDateTimeUtc(e.Ts) >= range.From && Instant.FromDateTimeUtc(e.Ts) < range.To).ToList();
        Assert.Equal(range.Starts.Select(start => start.ToDateTimeUtc()), result.Series!.Select(point => point.Ts));
        AssertSame(NaiveQueries.Series(project, measure, inRange, range.Starts), result.Series!);
    }

    private static void AssertSame(List<BigInteger?> expected, IReadOnlyList<SeriesPoint> series)
    {
        Assert.Equal(expected.Count, series.Count);
        foreach (var (value, point) in expected.Zip(series))
        {
            BigInteger? actual = point.Value is { } number ? NaiveQueries.Exact(number.Text) : null;
            // Within 1e-9 of the value, as promised.
            if (value is { } wanted && actual is { } found
                && BigInteger.Abs(wanted - found) * 1_000_000_000 <= BigInteger.Abs(wanted))
                continue;
            Assert.True(value is null && actual is null, $"{point.Ts:O}: {value} / 10^500 expected, {point.Value?.Text} found");
        }
    }

    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
