using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Lifecycle;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Stickiness;
using static Nimbus.Tests.Query.MemoryQueries;

namespace Nimbus.Tests.Query;

/// <summary>Lifecycle and stickiness: on which days people are active.</summary>
public sealed class ActivityTests
{
    private static readonly MemoryEvent[] Example =
    [
        // ada on the 1st, 2nd and 4th; bob, also as a-1, on the 2nd and 3rd; cyd on 20 February and the 3rd.
        Event("2026-03-01T10:00:00Z", "open", "ada"), Event("10:00", "open", "ada"), Event("2026-03-04T10:00:00Z", "open", "ada"),
        Event("11:00", "open", "bob"), Event("2026-03-03T10:00:00Z", "open", "a-1"), Event("2026-03-03T11:00:00Z", "open", "bob"),
        Event("2026-02-20T10:00:00Z", "open", "cyd"), Event("2026-03-03T12:00:00Z", "open", "cyd"),
        Event("12:00", "other", "dan"), Event("12:00", "open", "anonymous"),
    ];

    private static readonly Dictionary<string, string> SamePerson = new() { ["a-1"] = "bob" };

    [Fact]
    public void People_are_new_returning_resurrecting_and_dormant()
    {
        using var project = MemoryProject.From(Example, SamePerson);
        var query = Read(LifecycleQuery.Read, """{"from":"2026-03-02","to":"2026-03-04","name":"open"}""");
        Assert.Equal(
        [
            new(new(2026, 3, 2), 1, 1, 0, 0),  // bob is new, ada was there the day before
            new(new(2026, 3, 3), 0, 1, 1, -1), // bob stays, cyd is back after days, ada is gone
            new(new(2026, 3, 4), 0, 0, 1, -2), // ada is back, bob and cyd are gone
        ], LifecycleReader.Run(query, Over(project)).Buckets.Select(b => b with { Ts = DateTime.SpecifyKind(b.Ts, DateTimeKind.Unspecified) }));
    }

    [Fact]
    public void People_are_counted_by_the_days_they_were_active_on()
    {
        using var project = MemoryProject.From(Example, SamePerson);
        var query = Read(StickinessQuery.Read, """{"from":"2026-03-01","to":"2026-03-04","name":"open"}""");
        // cyd on 1 of the 4 days, bob on 2, ada on 3.
        Assert.Equal([new(1, 1), new(2, 1), new(3, 1), new(4, 0)], StickinessReader.Run(query, Over(project)).Days);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Hundreds_of_people_are_told_apart_the_same_on_any_number_of_threads(int threads)
    {
        var events = CrowdedMinutes.Make(threads);
        using var project = MemoryProject.From(events, blockEvents: 700);
        const string Question = """{"from":"2026-03-03","to":"2026-03-08","name":"a"}""";
        var limits = new QueryLimits { Threads = threads };
        Assert.Equal(
            CrowdedMinutes.Lifecycle(events, days: 6),
            LifecycleReader.Run(Read(LifecycleQuery.Read, Question), Over(project, limits)).Buckets
                .Select(bucket => $"{bucket.New} {bucket.Returning} {bucket.Resurrecting} {bucket.Dormant}"));
        Assert.Equal(
            CrowdedMinutes.Stickiness(events, days: 6),
            StickinessReader.Run(Read(StickinessQuery.Read, Question), Over(project, limits)).Days.Select(days => days.People));
    }
}
