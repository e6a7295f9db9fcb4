using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Lifecycle;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Stickiness;
using NodaTime;
using NodaTime.Text;
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
    [InlineData("UTC", "2026-02-25T00:00:00Z", "1d")]
    [InlineData("America/Havana", "2018-03-08T05:00:00Z", "1d")]
    [InlineData("America/St_Johns", "2010-11-04T02:30:00Z", "1d")]
    [InlineData("Pacific/Apia", "2011-12-27T10:00:00Z", "1d")]
    [InlineData("Australia/Lord_Howe", "2018-03-29T13:00:00Z", "1h")]
    [InlineData("America/Sao_Paulo", "2018-02-14T02:00:00Z", "1w")]
    public void Random_projects_agree_with_a_reading_of_the_definition(string zone, string from, string bucket)
    {
        var first = InstantPattern.ExtendedIso.Parse(from).Value;
        for (var seed = 0; seed < 8; seed++)
        {
            var stored = RandomProject.Make(seed, first, 12 + seed * 20);
            using var project = TrendsTests.Memory(stored);
            // Off every boundary: the first and the last bucket are partly full.
            var range = $"\"from\":\"{first + Duration.FromMinutes(2777)}\",\"to\":\"{first + Duration.FromMinutes(9002)}\",\"tz\":\"{zone}\"";
            var query = Read(LifecycleQuery.Read, $$"""{{{range}},"name":"view","bucket":"{{bucket}}"}""");
            var starts = query.Range.Starts.Prepend(Instant.FromUnixTimeMilliseconds(query.BeforeMs)).ToList();
            var people = stored.Events.Where(e => e.Name == "view" && stored.Person(e) is not null).GroupBy(stored.Person)
                .Select(person => person.Select(e => Instant.FromDateTimeUtc(e.Ts)).Where(t => t < query.Range.To).ToList()).ToList();
            // Bucket 0 is the one before the range.
            bool Active(List<Instant> times, int b) => times.Any(t => t >= starts[b] && (b + 1 == starts.Count || t < starts[b + 1])
                && (b == 0 || t >= query.Range.From));
            var buckets = LifecycleReader.Run(query, Over(project)).Buckets;
            Assert.Equal(starts.Count - 1, buckets.Count);
            for (var b = 1; b < starts.Count; b++)
            {
                var begin = starts[b] < query.Range.From ? query.Range.From : starts[b];
                Assert.Equal(
                    (people.Count(p => Active(p, b) && p.All(t => t >= begin)),
                        people.Count(p => Active(p, b) && Active(p, b - 1)),
                        people.Count(p => Active(p, b) && !Active(p, b - 1) && p.Any(t => t < begin)),
                        -people.Count(p => !Active(p, b) && Active(p, b - 1))),
                    (buckets[b - 1].New, buckets[b - 1].Returning, buckets[b - 1].Resurrecting, buckets[b - 1].Dormant));
            }

            var days = Read(StickinessQuery.Read, $$"""{{{range}},"name":"view"}""");
            var dayStarts = days.Days.Starts;
            var active = people.Select(p => p.Where(t => t >= days.Days.From).Select(t => dayStarts.Count(s => s <= t)).Distinct().Count()).ToList();
            Assert.Equal(Enumerable.Range(1, dayStarts.Count).Select(n => new StickinessDays(n, active.Count(a => a == n))),
                StickinessReader.Run(days, Over(project)).Days);
        }
    }
}
