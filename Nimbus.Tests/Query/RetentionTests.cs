using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Retention;
using NodaTime;
using static Nimbus.Tests.Query.MemoryQueries;

namespace Nimbus.Tests.Query;

/// <summary>Who comes back.</summary>
public sealed class RetentionTests
{
    private static readonly MemoryEvent[] Example =
    [
        Event("2026-03-02T10:00:00Z", "signup", "ada"), Event("2026-03-02T11:00:00Z", "open", "ada"),
        Event("2026-03-04T09:00:00Z", "open", "ada"),
        Event("2026-03-02T12:00:00Z", "open", "bob"), Event("2026-03-02T13:00:00Z", "signup", "bob"),
        Event("2026-03-03T08:00:00Z", "open", "a-1"),
        Event("2026-03-03T09:00:00Z", "signup", "cyd"), Event("2026-03-03T10:00:00Z", "signup", "ada"),
    ];

    private static readonly Dictionary<string, string> SamePerson = new() { ["a-1"] = "bob" };

    [Theory]
    // ada opened after she signed up, bob before: of the cohort of 2 one is back in window 0.
    [InlineData("first_time", "on", "2: 1 1 1", "1: 0 0 -", "0: 0 - -")]
    [InlineData("first_time", "on_or_after", "2: 2 2 1", "1: 0 0 -", "0: 0 - -")]
    // ada signed up on the 3rd too, and opened on the 4th.
    [InlineData("recurring", "on", "2: 1 1 1", "2: 0 1 -", "0: 0 - -")]
    public void The_example_of_the_documentation(string kind, string mode, params string[] cohorts)
    {
        using var project = MemoryProject.From(Example, SamePerson);
        var result = Run(project, $$"""
            {"from":"2026-03-02","to":"2026-03-04","windows":3,"start":{"name":"signup"},"return":{"name":"open"},
             "kind":"{{kind}}","mode":"{{mode}}"}
            """);
        Assert.Equal(cohorts, result.Cohorts.Select(Text));
    }

    [Fact]
    public void The_average_is_over_the_people_whose_window_has_begun()
    {
        using var project = MemoryProject.From(Example, SamePerson);
        var result = Run(project, """
            {"from":"2026-03-02","to":"2026-03-04","windows":3,"start":{"name":"signup"},"return":{"name":"open"}}
            """);
        // Window 0: 1 of 3; window 1: 1 of the 3 of the first two days; window 2: 1 of the 2 of the first day.
        Assert.Equal([1 / 3.0, 1 / 3.0, 0.5], result.Average);
    }

    [Fact]
    public void The_same_event_as_start_and_return_needs_a_second_one_in_window_0()
    {
        using var project = MemoryProject.From(
        [
            Event("10:00", "open", "ada"), Event("10:00", "open", "ada"), Event("10:00", "open", "bob"),
            Event("2026-03-03T10:00:00Z", "open", "bob"),
        ]);
        var result = Run(project, """
            {"from":"2026-03-02","to":"2026-03-03","windows":2,"start":{"name":"open"},"return":{"name":"open"}}
            """);
        Assert.Equal("2: 1 1", Text(result.Cohorts[0]));
    }

    [Fact]
    public void The_figure_of_stats_is_about_the_day_people_were_first_seen()
    {
        using var project = MemoryProject.From(Example, SamePerson);
        var read = new QueryParameters();
        var query = new RetentionParameters(null, "2026-03-02", "2", "daily", null)
            .Understand(read, "UTC", Instant.FromUtc(2026, 3, 4, 0, 0));
        var result = RetentionReader.Run(query!, Over(project));
        // ada and bob on the 2nd, both back on the 3rd; cyd on the 3rd, whose next day has not begun.
        Assert.Equal(["2: 2 2", "1: 1 -"], result.Cohorts.Select(Text));
    }

    [Theory]
    [InlineData("UTC", "2026-02-25", "day")]
    [InlineData("America/Havana", "2018-11-01", "day")]
    [InlineData("America/St_Johns", "2010-11-04", "day")]
    [InlineData("America/Sao_Paulo", "2018-02-14", "week")]
    [InlineData("Pacific/Apia", "2011-12-27", "day")]
    [InlineData("Australia/Lord_Howe", "2018-03-29", "month")]
    public void Random_projects_agree_with_a_reading_of_the_definition(string zone, string day, string bucket)
    {
        var random = new Random(zone.Length);
        var calendar = new LocalCalendar(DateTimeZoneProviders.Tzdb[zone]);
        for (var round = 0; round < 60; round++)
        {
            var first = calendar.StartOfDay(NodaTime.Text.LocalDatePattern.Iso.Parse(day).Value);
            var events = Enumerable.Range(0, random.Next(60)).Select(_ => new MemoryEvent(
                (first + Duration.FromHours(random.Next(-48, 220))).ToUnixTimeMilliseconds(), Pick("A", "B", "C"),
                Pick<string?>("ada", "a-1", "bob", "cyd", "dan", null, "anonymous"),
                Props: new Dictionary<string, string> { ["v"] = Pick("1", "2", "null") })).ToList();
            var (start, back, recurring, after) = (Pick("A", "B"), Pick("A", "B"), random.Next(2) == 0, random.Next(2) == 0);
            using var project = MemoryProject.From(events, SamePerson);
            var query = Read(RetentionQuery.Read, $$"""
                {"from":"{{day}}","to":"{{calendar.DayOf(first).PlusDays(7):yyyy-MM-dd}}","tz":"{{zone}}","bucket":"{{bucket}}","windows":4,
                 "start":{"name":"{{start}}"},"return":{"name":"{{back}}"},"group_by":{"prop":"v"},
                 "kind":"{{(recurring ? "recurring" : "first_time")}}","mode":"{{(after ? "on_or_after" : "on")}}"}
                """);
            var result = RetentionReader.Run(query, Over(project));
            var expected = Naive(query, events, start, back);
            Assert.Equal(expected.Values.Count == 0 ? [] : Cohorts(expected.Values, query), result.Cohorts.Select(Text).Take(expected.Values.Count == 0 ? 0 : 99));
            var groups = expected.Values.SelectMany(cohort => cohort.Select(member => member.Value)).Distinct().ToList();
            Assert.Equal(groups.Count, result.Groups!.Count);
            foreach (var group in result.Groups)
                Assert.Equal(
                    Cohorts(expected.Values.Select(cohort => cohort.Where(member => member.Value == group.Value.Text).ToList()), query),
                    group.Cohorts.Select(Text));
        }

        T Pick<T>(params T[] of) => of[random.Next(of.Length)];
    }

    private static RetentionResult Run(ProjectSnapshot project, string json) =>
        RetentionReader.Run(Read(RetentionQuery.Read, json), Over(project));

    [Theory]
    [InlineData("\"2026-03-02\"", 0)]
    [InlineData("\"2026-03-03T00:00:00Z\"", 1)]
    [InlineData("\"2026-03-03T23:59:59Z\"", 1)]
    [InlineData("null", 0)]
    public void The_cohort_of_a_list_of_people_is_named_by_its_start(string cohort, int number) =>
        Assert.Equal(number, MemoryQueries.Read(RetentionPeopleQuery.Read,
            $$"""{"from":"2026-03-02","to":"2026-03-04","cohort":{{cohort}} }""", hasOwnCohort: true).Cohort);

    [Theory]
    [InlineData("\"2026-03-01\"")]
    [InlineData("\"2026-03-05\"")]
    [InlineData("1")]
    public void A_cohort_that_is_not_among_them_is_a_fault(string cohort) =>
        Assert.Equal(["cohort"], MemoryQueries.Faults(RetentionPeopleQuery.Read,
            $$"""{"from":"2026-03-02","to":"2026-03-04","cohort":{{cohort}} }""", hasOwnCohort: true).Keys);

    private static string Text(RetentionCohort cohort) =>
        $"{cohort.Size}: {string.Join(" ", cohort.Retained.Select(n => n?.ToString() ?? "-"))}";

    private static List<string> Cohorts(IEnumerable<List<(string Value, bool[] Back)>> cohorts, RetentionQuery query) =>
    [
        .. cohorts.Select((members, cohort) => $"{members.Count}: " + string.Join(" ", Enumerable.Range(0, 4).Select(n =>
            cohort + n >= query.Windows.Starts.Count ? "-" : $"{members.Count(member => member.Back[n])}"))),
    ];

    /// <summary>Of each cohort its people: the value of their start event, and whether they are back in each window.</summary>
    private static Dictionary<int, List<(string Value, bool[] Back)>> Naive(
        RetentionQuery query, List<MemoryEvent> events, string start, string back)
    {
        var starts = query.Windows.Starts.Select(s => s.ToUnixTimeMilliseconds()).ToList();
        var (from, to) = (query.Windows.From.ToUnixTimeMilliseconds(), query.Windows.To.ToUnixTimeMilliseconds());
        int Window(MemoryEvent e) => e.TimeMs < from || e.TimeMs >= to ? -1 : starts.FindLastIndex(s => s <= e.TimeMs);
        var cohorts = Enumerable.Range(0, starts.Count).ToDictionary(c => c, _ => new List<(string, bool[])>());
        foreach (var person in events.Where(e => e.UserId is not null and not "anonymous")
            .GroupBy(e => SamePerson.GetValueOrDefault(e.UserId!, e.UserId!)))
        {
            var begins = person.Where(e => e.Name == start && e.TimeMs < to).ToList();
            if (begins.Count == 0) continue;
            var first = begins.Min(e => e.TimeMs);
            foreach (var cohort in cohorts.Keys)
            {
                var joined = begins.Where(e => Window(e) == cohort && (query.IsRecurring || e.TimeMs == first)).ToList();
                if (joined.Count == 0) continue;
                var inWindow = Enumerable.Range(0, 4).Select(n => n == 0
                    ? person.Any(r => r.Name == back && Window(r) == cohort
                        && joined.Any(s => !ReferenceEquals(s, r) && r.TimeMs >= s.TimeMs))
                    : person.Any(r => r.Name == back && Window(r) == cohort + n)).ToArray();
                if (query.IsOnOrAfter)
                    for (var n = 0; n < 4; n++)
                        inWindow[n] |= person.Any(r => r.Name == back && Window(r) >= cohort + Math.Max(n, 1));
                var value = joined.Where(s => s.TimeMs == joined.Min(j => j.TimeMs)).Select(s => PropertyValue.OfJson(s.Props!["v"]))
                    .Order(PropertyValue.InOrder).First();
                cohorts[cohort].Add((value.Json, inWindow));
            }
        }
        return cohorts;
    }
}
