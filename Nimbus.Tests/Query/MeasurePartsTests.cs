using System.Globalization;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Stats;
using Nimbus.QueryService.Trends;
using NodaTime;
using NodaTime.Text;
using static Nimbus.Tests.Query.MeasureQueries;

namespace Nimbus.Tests.Query;

/// <summary>
/// What is put together from many pieces, on several threads and from what is kept of sealed segments, is what one pass over all
/// events finds, whatever came since. That one pass is right, the twins in SQL say.
/// </summary>
public sealed class MeasurePartsTests
{
    private static readonly string[] AllMeasures =
        ["count", "users", "sum:price", "avg:price", "min:price", "max:price", "p50:price", "p90:price", "p99:price", "sum:colour"];

    /// <summary>Eight days around something hard, in its zone.</summary>
    public static TheoryData<string, string> HardDays => new()
    {
        { "UTC", "2026-02-25T00:00:00Z" },
        { "America/Havana", "2018-11-01T04:00:00Z" },
        { "America/St_Johns", "2010-11-04T02:30:00Z" },
        { "Australia/Lord_Howe", "2018-03-29T13:00:00Z" },
        { "Pacific/Apia", "2011-12-27T10:00:00Z" },
        { "Africa/Monrovia", "1972-01-04T00:44:30Z" },
        { "Asia/Kathmandu", "1985-12-28T18:30:00Z" },
    };

    public static TheoryData<string> Measures => [.. AllMeasures];

    [Theory]
    [MemberData(nameof(HardDays))]
    public void Series_of_every_measure_in_buckets_of_every_size(string zone, string from)
    {
        var (project, start) = Make(from, 400);
        using var whole = Whole(project);
        using var cut = Cut(project);
        var parts = Parts();
        foreach (var size in Enum.GetValues<BucketSize>().Where(size => size > BucketSize.FiveMinutes))
        {
            // Off every boundary, so that the first and the last bucket are partly full. The filter that all events pass keeps
            // counts from being taken from what segments know of their minutes.
            var range = $"\"from\":\"{start + Duration.FromMinutes(777)}\",\"to\":\"{start + Duration.FromHours(155)}\",\"bucket\":\"{size.Name()}\"";
            var series = string.Join(',', AllMeasures.Select(measure => $$"""{"measure":"{{measure}}"}"""));
            var query = Read($$"""{{{range}},"series":[{{series}}],"tz":"{{zone}}"}""");
            var expected = Told(TrendsReader.Run(query with { Where = Passes }, Run(whole, threads: 1)));
            foreach (var run in new[] { Run(cut), Run(cut, parts), Run(cut, parts) })
                AssertSame(expected, Told(TrendsReader.Run(query, run)));
        }
    }

    [Theory]
    [MemberData(nameof(Measures))]
    public void Groups_of_every_measure(string measure)
    {
        var (project, _) = Make("2018-11-01T04:00:00Z", 500);
        using var whole = Whole(project);
        using var cut = Cut(project);
        var parts = Parts();
        foreach (var key in new[] { "colour", "price", "missing" })
            foreach (var limit in new[] { 20, 3 })
            {
                var query = Read($$"""
                    {"from":"2018-10-31","to":"2018-11-10","tz":"America/Havana","series":[{"measure":"{{measure}}","name":"view"},{"measure":"users"}],
                     "group_by":{"prop":"{{key}}"},"group_limit":{{limit}},"compare":"previous_period"}
                    """);
                var expected = Told(TrendsReader.Run(query, Run(whole, threads: 1)));
                foreach (var run in new[] { Run(cut), Run(cut, parts), Run(cut, parts, threads: 1) })
                    AssertSame(expected, Told(TrendsReader.Run(query, run)));
            }
    }

    [Theory]
    [MemberData(nameof(HardDays))]
    public void Daily_users_and_top_events(string zone, string from)
    {
        var (project, start) = Make(from, 400);
        var calendar = new LocalCalendar(DateTimeZoneProviders.Tzdb[zone]);
        var days = new Buckets(calendar, BucketSize.Day).Covering(start, calendar.StartOfDay(calendar.DayOf(start).PlusDays(9)))!;
        using var whole = Whole(project);
        using var cut = Cut(project);
        var parts = Parts();
        foreach (var run in new[] { Run(cut), Run(cut, parts), Run(cut, parts) })
        {
            Assert.Equal(DailyUsersReader.Run(calendar, days, Run(whole)).Days, DailyUsersReader.Run(calendar, days, run).Days);
            (Instant?, Instant?)[] ranges = [(null, null), (start + Duration.FromDays(2), null), (null, start), (start, start + Duration.FromDays(1))];
            foreach (var (first, end) in ranges)
                Assert.Equal(TopEventsReader.Run(first, end, 4, Run(whole)).Events, TopEventsReader.Run(first, end, 4, run).Events);
        }
    }

    [Fact]
    public void An_empty_project_has_empty_answers()
    {
        var (project, start) = Make("2026-02-25T00:00:00Z", 0);
        using var whole = Whole(project);
        var range = new Buckets(new LocalCalendar(DateTimeZone.Utc), BucketSize.Hour).Covering(start, start + Duration.FromHours(3))!;
        var query = new MetricsQuery(range, new EventFilter(), Measure.Count, BucketSize.Hour, "UTC");
        Assert.Equal(["0", "0", "0"], Values(query));
        Assert.Equal(["0", "0", "0"], Values(query with { Measure = new(MeasureKind.Users) }));
        Assert.Equal([null, null, null], Values(query with { Measure = new(MeasureKind.P90, "price") }));
        Assert.Empty(MetricsReader.Run(query with { GroupBy = "colour" }, Run(whole)).Groups!);
        Assert.Empty(TopEventsReader.Run(null, null, 10, Run(whole)).Events);

        IEnumerable<string?> Values(MetricsQuery of) => MetricsReader.Run(of, Run(whole)).Series!.Select(point => point.Value?.Text);
    }

    /// <summary>The newest blocks are in memory and change all the time; what is kept of the others stays right.</summary>
    [Theory]
    [MemberData(nameof(Measures))]
    public void What_is_kept_is_right_after_new_and_late_events_merges_and_deletions(string measure)
    {
        var (project, _) = Make("2018-02-14T02:00:00Z", 600);
        var byTime = project.Events.OrderBy(e => e.Ts).ToList();
        // The first 391 events are sealed, whatever comes behind them. A segment that late events came to, or that was written
        // again without some, is another version.
        var late = byTime[50] with { Id = Guid.CreateVersion7() };
        var merged = new Dictionary<string, string>(project.SamePerson) { ["dan"] = "ada", ["a-1"] = "ada" };
        (StoredProject Project, long Version)[] states =
        [
            (project with { Events = [.. byTime.Take(500)] }, 1),
            (project with { Events = byTime }, 1),
            (project with { Events = [.. byTime, late] }, 2),
            (project with { Events = byTime, SamePerson = merged }, 1),
            (project with { Events = byTime }, 1),
            (project with { Events = [.. byTime.Where((_, i) => i % 7 != 3)] }, 3),
        ];
        var kept = Parts();
        foreach (var (state, version) in states)
        {
            // In memory a map of people always has the same version, so the merged people have a cache of their own.
            var parts = state.SamePerson.Count == merged.Count ? Parts() : kept;
            using var whole = Whole(state);
            using var cut = Cut(state, sealedBlocks: 23, version: version * 1000);
            foreach (var group in new[] { "", ",\"group_by\":{\"prop\":\"colour\"}" })
            {
                var query = Read($$"""
                    {"from":"2018-02-13","to":"2018-02-24","tz":"America/Sao_Paulo","series":[{"measure":"{{measure}}"}]{{group}} }
                    """);
                AssertSame(Told(TrendsReader.Run(query, Run(whole))), Told(TrendsReader.Run(query, Run(cut, parts))));
            }
        }
    }

    [Theory]
    // What segments know of their minutes is enough for counts.
    [InlineData("count", 0)]
    [InlineData("users", 8)]
    [InlineData("p50:price", 8)]
    public void A_repeated_question_looks_at_the_newest_events_alone(string measure, int segments)
    {
        var (project, start) = Make("2026-02-25T00:00:00Z", 500);
        var range = new Buckets(new LocalCalendar(DateTimeZone.Utc), BucketSize.Day).Covering(start, start + Duration.FromDays(8))!;
        using var cut = Cut(project);
        var parts = Parts();
        var query = new MetricsQuery(range, new EventFilter(), Measure.Parse(measure)!, BucketSize.Day, "UTC");
        var (first, misses) = Counted(() => MetricsReader.Run(query, Run(cut, parts)), isHit: false);
        Assert.Equal(segments, misses);
        var (again, hits) = Counted(() => MetricsReader.Run(query, Run(cut, parts)), isHit: true);
        Assert.Equal(segments, hits);
        Assert.Equal(first.Series, again.Series);
        // Another question finds nothing.
        Assert.Equal(0, Counted(() => MetricsReader.Run(query with { Filter = new EventFilter("view"), Measure = new(MeasureKind.Users) },
            Run(cut, parts)), isHit: true).Lookups);

        (MetricsResult Result, int Lookups) Counted(Func<MetricsResult> ask, bool isHit)
        {
            using var listener = new LookupCounter(parts, isHit);
            var result = ask();
            return (result, listener.Lookups);
        }
    }

    [Fact]
    public void Memory_of_many_groups_of_people_is_bounded()
    {
        var (project, _) = Make("2026-02-25T00:00:00Z", 500);
        using var cut = Cut(project);
        var query = Read("""{"from":"2026-02-24","to":"2026-03-06","series":[{"measure":"users"}],"group_by":{"prop":"colour"}}""");
        var run = new QueryRun(cut, new QueryLimits { MaxBytes = 10_000 }, default);
        Assert.Equal("query_too_large", Assert.Throws<Nimbus.ServiceDefaults.ProblemException>(() => TrendsReader.Run(query, run)).Code);
        using var gone = new CancellationTokenSource();
        gone.Cancel();
        Assert.Throws<OperationCanceledException>(() => TrendsReader.Run(query, new QueryRun(cut, new QueryLimits(), gone.Token)));
    }

    private static readonly Where Passes = MemoryQueries.Read(
        d => d.Where, """{"where":{"prop":"never","op":"not_set"}}""")!;

    private static TrendsQuery Read(string json) => MemoryQueries.Read(TrendsQuery.Read, json);

    private static List<(string Line, string? Value)> Told(TrendsResult result) =>
    [
        .. result.Series.Concat(result.Compare ?? []).SelectMany((line, i) => line.Points.Select(point => point.Value).Append(line.Total)
            .Select((value, bucket) => ($"{i} {line.Label} {line.Group?.Text} {line.Other} {bucket}", value?.Text))),
    ];

    // Doubles that are added up in another order may differ in the last digits, and in nothing else.
    private static void AssertSame(List<(string Line, string? Value)> expected, List<(string Line, string? Value)> found)
    {
        Assert.Equal(expected.Select(value => value.Line), found.Select(value => value.Line));
        foreach (var (wanted, given) in expected.Zip(found))
            if (wanted.Value != given.Value)
            {
                var (a, b) = (Number(wanted.Value), Number(given.Value));
                Assert.True(Math.Abs(a - b) <= 1e-9 * Math.Abs(a), $"{wanted.Line}: {wanted.Value} expected, {given.Value} found");
            }

        static double Number(string? value) => value is null ? double.NaN : double.Parse(value, CultureInfo.InvariantCulture);
    }

    private static (StoredProject, Instant) Make(string from, int events)
    {
        var start = InstantPattern.ExtendedIso.Parse(from).Value;
        return (RandomProject.Make(seed: events, start, events), start);
    }
}
