using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Stats;
using Nimbus.Tests.Hosting;
using NodaTime;

namespace Nimbus.Tests.Query;

/// <summary>The examples of docs/metrics.md.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class MetricsExamples(NimbusSystem nimbus) : IAsyncLifetime
{
    private EventsDatabase database = null!;

    public async Task InitializeAsync() => database = await EventsDatabase.OpenAsync(nimbus);

    public async Task DisposeAsync() => await database.DisposeAsync();

    private static readonly Instant Ten = Instant.FromUtc(2026, 3, 2, 10, 0);

    [Theory]
    [InlineData("count", "3", "2", "0")]
    [InlineData("users", "1", "1", "0")]
    [InlineData("sum:price", "70", "0", "0")]
    [InlineData("avg:price", "23.333333333333332", null, null)]
    [InlineData("min:price", "10", null, null)]
    [InlineData("max:price", "40", null, null)]
    [InlineData("p50:price", "20", null, null)]
    [InlineData("p90:price", "36", null, null)]
    [InlineData("p99:price", "39.6", null, null)]
    public void Each_measure_over_two_hours(string measure, string? ten, string? eleven, string? twelve)
    {
        var result = Ask(Measure.Parse(measure)!);
        Assert.Equal("events." + measure, result.Metric);
        Assert.Equal([ten, eleven, twelve], result.Series!.Select(point => point.Value?.Text));
    }

    [Fact]
    public async Task Users_are_people_and_not_ids()
    {
        var project = Make();
        await project.StoreAsync(database.DataSource);
        var events = (await database.Events.ReadAsync(new(project.Id, new(), null, null, true, 10, null), default)).Events;
        Assert.Equal([project.PersonIds["ada"], project.PersonIds["ada"], project.PersonIds["ada"], project.PersonIds["bob"], null],
            events.Select(e => e.PersonId));
    }

    [Fact]
    public void A_user_id_in_a_question_is_the_one_on_the_event()
    {
        var result = Ask(Measure.Count, new EventFilter(UserId: "ada"));
        Assert.Equal(["2", "0", "0"], result.Series!.Select(point => point.Value?.Text));
    }

    [Fact]
    public void A_filter_finds_the_string_and_the_number()
    {
        var filter = new EventFilter(Properties: PropertyFilter.Read("?props.plan=12"));
        var result = Ask(Measure.Count, filter);
        Assert.Equal(["1", "1", "0"], result.Series!.Select(point => point.Value?.Text));
    }

    [Fact]
    public void Groups_keep_their_type()
    {
        var result = Ask(Measure.Count, groupBy: "plan");
        Assert.Equal(["\"pro\"", "null", "12", "\"12\""], result.Groups!.Select(group => group.Value.Text));
        Assert.DoesNotContain(result.Groups!, group => group.Other);
        Assert.Equal(["2", "0", "0"], result.Groups![0].Series.Select(point => point.Value?.Text));
    }

    [Fact]
    public void Daily_users_and_top_events()
    {
        using var project = MeasureQueries.Whole(Make());
        var calendar = new LocalCalendar(DateTimeZone.Utc);
        var days = new Buckets(calendar, BucketSize.Day)
            .Covering(calendar.StartOfDay(new(2026, 3, 1)), calendar.StartOfDay(new(2026, 3, 3)))!;
        Assert.Equal([new(new(2026, 3, 1), 0), new(new(2026, 3, 2), 2)],
            DailyUsersReader.Run(calendar, days, MeasureQueries.Run(project)).Days);
        Assert.Equal([new("buy", 4, 2), new("view", 1, 0)],
            TopEventsReader.Run(null, null, 10, MeasureQueries.Run(project)).Events);
    }

    private static MetricsResult Ask(Measure measure, EventFilter? filter = null, string? groupBy = null)
    {
        var stored = Make();
        using var project = MeasureQueries.Whole(stored);
        var hours = new Buckets(new LocalCalendar(DateTimeZone.Utc), BucketSize.Hour).Covering(Ten, Ten + Duration.FromHours(3))!;
        var query = new MetricsQuery(
            hours, filter ?? new(), measure, BucketSize.Hour, "UTC", groupBy, MeasureQueries.IdKey(stored, filter?.UserId));
        return MetricsReader.Run(query, MeasureQueries.Run(project));
    }

    private static StoredProject Make() => new(Guid.CreateVersion7(),
    [
        Event(0, "buy", "ada", null, ("price", "10"), ("plan", "\"pro\"")),
        Event(0, "buy", "ada", "a-1", ("price", "20"), ("plan", "\"pro\"")),
        Event(20, "buy", null, "a-1", ("price", "40"), ("plan", "\"12\"")),
        Event(65, "buy", "bob", null, ("price", "\"40\""), ("plan", "12")),
        Event(90, "view", "anonymous", null),
    ], new Dictionary<string, string> { ["a-1"] = "ada" });

    private static StoredEvent Event(
        int minute, string name, string? userId, string? anonymousId, params (string Key, string Json)[] props) =>
        new((Ten + Duration.FromMinutes(minute)).ToDateTimeUtc(), Guid.CreateVersion7(), name, userId, anonymousId,
            props.ToDictionary(p => p.Key, p => p.Json));
}
