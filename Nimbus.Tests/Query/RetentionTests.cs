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

    // Several words of bits, and days that begin within a block; minutes make most events of a busy person equal in time.
    [Theory]
    [InlineData(1, "first_time", "on")]
    [InlineData(2, "first_time", "on_or_after")]
    [InlineData(2, "recurring", "on")]
    [InlineData(3, "recurring", "on_or_after")]
    [InlineData(8, "first_time", "on")]
    public void Hundreds_of_people_are_counted_the_same_on_any_number_of_threads(int threads, string kind, string mode)
    {
        var events = CrowdedMinutes.Make(threads);
        using var project = MemoryProject.From(events, blockEvents: 700);
        var result = RetentionReader.Run(Read(RetentionQuery.Read, $$"""
            {"from":"2026-03-03","to":"2026-03-08","windows":4,"start":{"name":"a"},"return":{"name":"b"},
             "kind":"{{kind}}","mode":"{{mode}}","group_by":{"prop":"plan"} }
            """), Over(project, new() { Threads = threads }));
        var cohorts = CrowdedMinutes.Cohorts(events, kind == "recurring", mode == "on_or_after", days: 6, depth: 4);
        Assert.Equal(cohorts, result.Cohorts.Select(Text));
        // Who is in a cohort is in one group of it.
        Assert.Equal(result.Cohorts.Select(c => c.Size), Enumerable.Range(0, 6).Select(i => result.Groups!.Sum(group => group.Cohorts[i].Size)));
        Assert.Equal(
            result.Cohorts.Select(c => c.Retained.Sum()), Enumerable.Range(0, 6).Select(i => result.Groups!.Sum(group => group.Cohorts[i].Retained.Sum())));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void The_people_of_a_figure_are_as_many_as_it_says(int threads)
    {
        using var project = MemoryProject.From(CrowdedMinutes.Make(threads));
        var query = Read(RetentionQuery.Read, """{"from":"2026-03-02","to":"2026-03-08","windows":3,"start":{"name":"a"},"return":{"name":"b"}}""");
        QueryRun Run() => Over(project, new() { Threads = threads });
        var result = RetentionReader.Run(query, Run());
        for (var cohort = 0; cohort < result.Cohorts.Count; cohort++)
            for (var window = 0; window < 3; window++)
                Assert.Equal(result.Cohorts[cohort].Retained[window] ?? 0, RetentionReader.People(query, Run(), cohort, window).Distinct().Count());
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
}
