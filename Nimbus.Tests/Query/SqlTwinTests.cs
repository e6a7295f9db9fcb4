using System.Globalization;
using System.Text.Json;
using Nimbus.QueryService.Querying;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Query.Sql;
using NodaTime;

namespace Nimbus.Tests.Query;

/// <summary>
/// Every kind of query, asked over HTTP of random projects, answers as its naive twin in SQL over the same tables does. A failure
/// tells its seed and question.
/// </summary>
[Collection(NimbusSystem.Collection)]
public sealed class SqlTwinTests(TwinProjects projects) : IClassFixture<TwinProjects>
{
    private const int Rounds = 4;

    private static readonly string[] Names = ["view", "buy", "Ünï", "a", "B"];
    private static readonly BucketSize[] Sizes = [BucketSize.FifteenMinutes, BucketSize.Hour, BucketSize.Day, BucketSize.Week, BucketSize.Month];

    private static readonly string[] Measures =
        ["count", "users", "sum:price", "avg:price", "min:price", "max:price", "p50:price", "p90:price", "p99:price", "sum:colour"];

    [Fact]
    public async Task Metrics_with_every_measure_group_and_filter() => await EachAsync(1, Measures.Length, async (project, random, round) =>
    {
        var measure = Measures[round];
        var size = Pick(random, Sizes[1..]);
        var (from, to) = project.Range(random);
        var groupBy = random.Next(2) == 0 ? null : Pick(random, new[] { "colour", "price", "missing", "red" });
        if (groupBy is not null) measure = Comparable(measure);
        var name = random.Next(2) == 0 ? null : Pick(random, Names);
        // The string, or the number or boolean whose JSON text this is.
        var (written, json) = random.Next(2) == 0 ? default : Pick(random, new[]
        {
            ("red", "'\"red\"'"), ("12", "'12', '\"12\"'"), ("12.0", "'12', '\"12.0\"'"), ("true", "'true', '\"true\"'"), ("", "'\"\"'"),
            ("9007199254740993", "'9007199254740993'"), ("9007199254740992", "'9007199254740992'"), ("[1,2]", "'\"[1,2]\"'"), ("$other", "'\"$other\"'"),
        });
        var user = random.Next(4) == 0 ? Pick(random, new[] { "ada", "anonymous", "nobody" }) : null;
        var url = $"/v1/metrics?measure={measure}&bucket={size.Name()}&from={from}&to={to}"
            + (groupBy is null ? "" : $"&group_by={groupBy}") + (name is null ? "" : $"&name={Uri.EscapeDataString(name)}")
            + (written is null ? "" : $"&props.colour={Uri.EscapeDataString(written)}") + (user is null ? "" : $"&user_id={user}");
        var answer = await project.GetAsync(url);
        var starts = Starts(project, size, from, to);
        var rows = await project.AskAsync(MeasuresSql.Of(
            project.Id, [new(measure, name)], Utc(from), Utc(to), starts, groupBy,
            where: (json is null ? "TRUE" : $"e.props -> 'colour' IN ({json})")
                + (user is null ? "" : $" AND e.user_key IN (SELECT key FROM ids WHERE project_id = @project AND raw_id = {SqlParts.Quoted(user)})")));

        var (twin, found) = (new Figures(), new Figures());
        AddPlaces(twin, rows, "", groupBy is not null, withTotals: false);
        if (groupBy is null) AddPoints(found, "", answer.GetProperty("series"));
        else
            foreach (var (group, place) in answer.GetProperty("groups").EnumerateArray().Select((g, i) => (g, i + 1)))
                AddPoints(found, Group(place, group.GetProperty("value"), group.TryGetProperty("other", out _)), group.GetProperty("series"));
        Figures.AssertSame(twin, found, project.Told(url));
    });

    [Fact]
    public async Task Daily_users_top_events_and_stats_retention() => await EachAsync(2, 2, async (project, random, round) =>
    {
        var (_, end) = project.Range(random);
        var (first, last) = (project.Calendar.DayOf(end).PlusDays(-random.Next(2, 7)), project.Calendar.DayOf(end));
        var (from, to) = (project.Calendar.StartOfDay(first), project.Calendar.StartOfDay(last.PlusDays(1)));
        var days = Starts(project, BucketSize.Day, from, to);
        var url = $"/v1/stats/dau?from={first:yyyy-MM-dd}&to={last:yyyy-MM-dd}";
        var (twin, found) = (new Figures(), new Figures());
        foreach (var row in await project.AskAsync(StatsSql.DailyUsers(project.Id, Utc(from), Utc(to), days)))
            twin.Add($"{project.Calendar.DayOf(Instant.FromDateTimeUtc(days[(int)row[0]! - 1])):yyyy-MM-dd}", row[1]);
        var daily = (await project.GetAsync(url)).GetProperty("days");
        Assert.Equal(days.Length, daily.GetArrayLength());
        foreach (var day in daily.EnumerateArray()) found.Add(day.GetProperty("date").GetString()!, day.GetProperty("users"), skipZero: true);
        Figures.AssertSame(twin, found, project.Told(url));

        url = $"/v1/stats/top-events?from={from}&to={to}&limit=4";
        var names = (await project.GetAsync(url)).GetProperty("events").EnumerateArray()
            .Select(e => (e.GetProperty("name").GetString()!, e.GetProperty("count").GetInt64(), e.GetProperty("users").GetInt64())).ToList();
        var expected = (await project.AskAsync(StatsSql.TopEvents(project.Id, Utc(from), Utc(to), 4)))
            .Select(row => ((string)row[0]!, (long)row[1]!, (long)row[2]!)).ToList();
        Assert.True(expected.SequenceEqual(names), project.Told(url));

        const int Windows = 4;
        var (type, size) = round == 0 ? ("daily", BucketSize.Day) : Pick(random, new[] { ("weekly", BucketSize.Week), ("monthly", BucketSize.Month) });
        url = $"/v1/stats/retention?start_date={first:yyyy-MM-dd}&windows={Windows}&window_type={type}";
        var cohorts = (await project.GetAsync(url)).GetProperty("cohorts").EnumerateArray().ToList();
        // As many windows again as there are cohorts follow the first, minus one.
        var starts = Consecutive(project, size, first, 2 * Windows - 1);
        (twin, found) = (new Figures(), new Figures());
        foreach (var row in await project.AskAsync(StatsSql.Retention(project.Id, starts[0], starts[^1], starts[..^1], Windows)))
            twin.Add($"{row[0]}/{row[1] ?? "size"}", row[2]);
        for (var cohort = 0; cohort < cohorts.Count; cohort++)
        {
            Assert.Equal(starts[cohort], cohorts[cohort].GetProperty("start").GetDateTime().ToUniversalTime());
            found.Add($"{cohort}/size", cohorts[cohort].GetProperty("size"), skipZero: true);
            foreach (var (people, n) in cohorts[cohort].GetProperty("retained").EnumerateArray().Select((p, n) => (p, n)))
                found.Add($"{cohort}/{n}", people, skipZero: true);
        }
        Figures.AssertSame(twin, found, project.Told(url));
    });

    [Fact]
    public async Task Trends_with_formulas_groups_filters_and_the_period_before() => await EachAsync(3, Rounds * 2, async (project, random, round) =>
    {
        var size = Pick(random, Sizes);
        var (from, to) = project.Range(random);
        var filter = RandomFilter.Make(random);
        var formula = round % 4 == 0 ? Pick(random, new[] { ("A / B * 100", "a / nullif(b, 0) * 100"), ("A - B", "a - b"), ("(A + 1) / (B - 2)", "(a + 1) / nullif(b - 2, 0)") }) : default;
        var series = Enumerable.Range(0, formula == default ? 1 : 2).Select(_ => (
            Measure: formula == default ? Pick(random, Measures) : Pick(random, new[] { "count", "users", "sum:amount", "avg:amount" }),
            Name: random.Next(2) == 0 ? null : Pick(random, Names), Filter: random.Next(2) == 0 ? RandomFilter.None : RandomFilter.Make(random))).ToList();
        var (groupBy, source) = random.Next(2) == 0 ? (null, "props")
            : Pick(random, new[] { ((string?)"colour", "props"), ("price", "props"), ("app", "context"), ("missing", "props") });
        if (groupBy is not null) series = [.. series.Select(s => s with { Measure = Comparable(s.Measure) })];
        var groups = Pick(random, new[] { 20, 2 });
        var document = new Dictionary<string, object>
        {
            ["from"] = from.ToString(),
            ["to"] = to.ToString(),
            ["bucket"] = size.Name(),
            ["series"] = series.Select(s => RandomFilter.With(s.Filter, ("measure", s.Measure), ("name", s.Name))).ToList(),
            ["group_limit"] = groups,
        };
        if (filter.Json is not null) document["where"] = filter.Json;
        if (formula != default) document["formula"] = formula.Item1;
        if (groupBy is not null) document["group_by"] = new Dictionary<string, string> { [source == "props" ? "prop" : "context"] = groupBy };
        var compares = random.Next(3) == 0;
        if (compares) document["compare"] = "previous_period";
        var answer = await project.AskAsync("trends", document);

        var buckets = new Buckets(project.Calendar, size);
        var starts = Starts(project, size, from, to);
        SqlQuestion Question(Instant first, Instant last, DateTime[] at) => MeasuresSql.Of(
            project.Id, [.. series.Select(s => new SqlSeries(s.Measure, s.Name, s.Filter.Sql))], Utc(first), Utc(last), at,
            groupBy, source, groups, filter.Sql, formula.Item2, (Utc(from), Utc(to)));
        await CompareAsync(Question(from, to, starts), answer.GetProperty("series"));
        if (!compares) return;

        // As many buckets before these; where the range begins or ends within a bucket, so does the one before.
        var before = buckets.Last(starts.Length, Instant.FromDateTimeUtc(starts[0])).Starts;
        var start = before[0] + (from - Instant.FromDateTimeUtc(starts[0]));
        var end = Instant.FromDateTimeUtc(starts[0]);
        if (buckets.StartOf(to) != to) end = Instant.Min(end, before[^1] + (to - Instant.FromDateTimeUtc(starts[^1])));
        await CompareAsync(Question(start, end, [.. before.Select(Utc)]), answer.GetProperty("compare"));

        async Task CompareAsync(SqlQuestion question, JsonElement lines)
        {
            var (twin, found) = (new Figures(), new Figures());
            AddPlaces(twin, await project.AskAsync(question), "", groupBy is not null, withTotals: true);
            foreach (var (line, place) in lines.EnumerateArray().Select((l, i) => (l, i + 1)))
            {
                var group = groupBy is null ? "" : Group(place, line.TryGetProperty("group", out var value) ? value : default, line.TryGetProperty("other", out _));
                AddPoints(found, group, line.GetProperty("points"));
                found.Add($"{group}total", line.GetProperty("total"));
            }
            Figures.AssertSame(twin, found, project.Told(document));
        }
    });

    [Theory]
    [InlineData("ordered")]
    [InlineData("strict")]
    [InlineData("any")]
    public async Task Funnels(string order) => await EachAsync(4 + order.Length, Rounds, async (project, random, round) =>
    {
        var (from, to) = project.Range(random);
        var window = TimeSpan.FromMinutes(random.Next(1, round % 2 == 0 ? 300 : 4000));
        var sessions = random.Next(3) == 0;
        var grouped = random.Next(2) == 0;
        var filter = random.Next(2) == 0 ? RandomFilter.None : RandomFilter.Make(random);
        // Names may repeat, so that an event can serve several steps.
        var steps = Enumerable.Range(0, random.Next(2, 4)).Select(_ => (Name: Pick(random, Names), Filter: random.Next(3) == 0 ? RandomFilter.Make(random) : RandomFilter.None)).ToList();
        var excluded = order == "any" || random.Next(2) == 0 ? null : Names.FirstOrDefault(name => steps.All(step => step.Name != name));
        var after = random.Next(1, steps.Count);
        var before = random.Next(after + 1, steps.Count + 1);
        var document = new Dictionary<string, object>
        {
            ["from"] = from.ToString(),
            ["to"] = to.ToString(),
            ["order"] = order,
            ["window"] = $"{window.TotalMinutes}m",
            ["count_by"] = sessions ? "session" : "person",
            ["steps"] = steps.Select(step => RandomFilter.With(step.Filter, ("name", step.Name))).ToList(),
        };
        if (filter.Json is not null) document["where"] = filter.Json;
        if (grouped) document["group_by"] = new { prop = "colour" };
        if (excluded is not null) document["exclude"] = new[] { new { name = excluded, between = new[] { after, before } } };
        var answer = await project.AskAsync("funnel", document);
        var rows = await project.AskAsync(FunnelSql.Chains(
            project.Id, [.. steps.Select(step => SqlParts.Matches(step.Name, step.Filter.Sql))], Utc(from), Utc(to), window, order,
            excluded is null ? null : [new(SqlParts.Matches(excluded), after, before)], grouped ? "colour" : null, sessions, filter.Sql));
        Figures.AssertSame(FunnelTwin(rows, grouped), FunnelAnswer(answer), project.Told(document));
    });

    [Theory]
    [InlineData("ordered", false)]
    [InlineData("ordered", true)]
    [InlineData("strict", false)]
    [InlineData("any", false)]
    public async Task Funnels_as_the_benchmark_asks_them(string order, bool excludes) => await EachAsync(11, 2, async (project, random, _) =>
    {
        var (from, to) = project.Range(random);
        var window = TimeSpan.FromMinutes(random.Next(1, 3000));
        var grouped = order != "any" && random.Next(2) == 0;
        var document = new Dictionary<string, object>
        {
            ["from"] = from.ToString(),
            ["to"] = to.ToString(),
            ["order"] = order,
            ["window"] = $"{window.TotalMinutes}m",
            ["steps"] = new[] { new { name = "view" }, new { name = "buy" }, new { name = "a" } },
        };
        if (grouped) document["group_by"] = new { prop = "colour" };
        if (excludes) document["exclude"] = new[] { new { name = "B" } };
        var rows = await project.AskAsync(FunnelSql.Windows(
            project.Id, ["view", "buy", "a"], Utc(from), Utc(to), window, order, excludes ? "B" : null, grouped ? "colour" : null));
        Figures.AssertSame(FunnelTwin(rows, grouped), FunnelAnswer(await project.AskAsync("funnel", document)), project.Told(document));
    });

    [Fact]
    public async Task Retention_of_every_kind_and_mode() => await EachAsync(6, Rounds * 2, async (project, random, round) =>
    {
        var (from, to) = project.Range(random);
        var size = Pick(random, new[] { BucketSize.Day, BucketSize.Day, BucketSize.Week, BucketSize.Month });
        var (recurring, onOrAfter, grouped) = ((round & 1) != 0, (round & 2) != 0, random.Next(2) == 0);
        var filter = random.Next(2) == 0 ? RandomFilter.None : RandomFilter.Make(random);
        (string? Name, RandomFilter Filter) Events() => (random.Next(4) == 0 ? null : Pick(random, Names[..2]), random.Next(3) == 0 ? RandomFilter.Make(random) : RandomFilter.None);
        var (start, back) = (Events(), Events());
        const int Depth = 5;
        var document = new Dictionary<string, object>
        {
            ["from"] = from.ToString(),
            ["to"] = to.ToString(),
            ["bucket"] = size.ToString().ToLowerInvariant(),
            ["windows"] = Depth,
            ["kind"] = recurring ? "recurring" : "first_time",
            ["mode"] = onOrAfter ? "on_or_after" : "on",
            ["start"] = RandomFilter.With(start.Filter, ("name", start.Name)),
            ["return"] = RandomFilter.With(back.Filter, ("name", back.Name)),
        };
        if (filter.Json is not null) document["where"] = filter.Json;
        if (grouped) document["group_by"] = new { prop = "colour" };
        var answer = await project.AskAsync("retention", document);
        var starts = Starts(project, size, from, to);
        var rows = await project.AskAsync(RetentionSql.Of(
            project.Id, SqlParts.Matches(start.Name, start.Filter.Sql), SqlParts.Matches(back.Name, back.Filter.Sql), Utc(from), Utc(to), starts,
            Depth, recurring, onOrAfter, grouped ? "colour" : null, filter.Sql));

        var (twin, found) = (new Figures(), new Figures());
        foreach (var row in rows.Where(row => (long)row[0]! == 0 || grouped))
            twin.Add($"{Place(row, grouped)}{row[2]}/{row[3] ?? "size"}", row[4]);
        AddCohorts("", answer.GetProperty("cohorts"));
        if (grouped)
            foreach (var (group, place) in answer.GetProperty("groups").EnumerateArray().Select((g, i) => (g, i + 1)))
                AddCohorts(Group(place, group.GetProperty("value"), group.TryGetProperty("other", out _)), group.GetProperty("cohorts"));
        Figures.AssertSame(twin, found, project.Told(document));

        void AddCohorts(string of, JsonElement cohorts)
        {
            Assert.Equal(starts, cohorts.EnumerateArray().Select(c => c.GetProperty("start").GetDateTime().ToUniversalTime()));
            foreach (var (cohort, i) in cohorts.EnumerateArray().Select((c, i) => (c, i)))
            {
                found.Add($"{of}{i}/size", cohort.GetProperty("size"), skipZero: true);
                foreach (var (people, n) in cohort.GetProperty("retained").EnumerateArray().Select((p, n) => (p, n)))
                {
                    Assert.Equal(i + n >= starts.Length, people.ValueKind == JsonValueKind.Null);
                    found.Add($"{of}{i}/{n}", people, skipZero: true);
                }
            }
        }
    });

    [Fact]
    public async Task Paths_from_and_to_an_event() => await EachAsync(7, Rounds, async (project, random, round) =>
    {
        var (from, to) = project.Range(random);
        var (anchor, backward) = round == 0 ? (null, false) : (Pick(random, Names), round % 2 == 0);
        var (depth, top) = (random.Next(2, 6), random.Next(1, 5));
        var window = random.Next(2) == 0 ? (TimeSpan?)null : TimeSpan.FromHours(random.Next(1, 60));
        var exclude = random.Next(2) == 0 ? [] : Names.Where(name => name != anchor && random.Next(4) == 0).ToArray();
        var filter = random.Next(2) == 0 ? RandomFilter.None : RandomFilter.Make(random);
        var document = new Dictionary<string, object>
        {
            ["from"] = from.ToString(),
            ["to"] = to.ToString(),
            ["depth"] = depth,
            ["top"] = top,
            ["exclude"] = exclude,
        };
        if (anchor is not null) document[backward ? "end" : "start"] = new { name = anchor };
        if (window is not null) document["window"] = $"{window.Value.TotalHours}h";
        if (filter.Json is not null) document["where"] = filter.Json;
        var answer = await project.AskAsync("paths", document);
        var (twin, found) = (new Figures(), new Figures());
        foreach (var row in await project.AskAsync(PathsSql.Of(project.Id, Utc(from), Utc(to), anchor, backward, depth, top, window, exclude, filter.Sql)))
        {
            var step = backward ? -(long)row[0]! : (long)row[0]!;
            if (row[1] is null)
            {
                twin.Add($"{step}:{row[2]}", row[3]);
                continue;
            }
            var link = backward ? $"{step}:{row[1]} > {step + 1}:{row[2]}" : $"{step - 1}:{row[1]} > {step}:{row[2]}";
            twin.Add(link, row[3]);
            twin.Add($"{link} seconds", row[4]);
        }
        foreach (var node in answer.GetProperty("nodes").EnumerateArray())
            found.Add(node.GetProperty("id").GetString()!, node.GetProperty("people"));
        foreach (var link in answer.GetProperty("links").EnumerateArray())
        {
            var of = $"{link.GetProperty("from").GetString()} > {link.GetProperty("to").GetString()}";
            found.Add(of, link.GetProperty("people"));
            found.Add($"{of} seconds", link.GetProperty("median_seconds"));
        }
        Figures.AssertSame(twin, found, project.Told(document));
    });

    [Fact]
    public async Task Lifecycle_and_stickiness() => await EachAsync(8, Rounds, async (project, random, _) =>
    {
        var (from, to) = project.Range(random);
        var size = Pick(random, Sizes[1..]);
        var name = random.Next(2) == 0 ? null : Pick(random, Names);
        var filter = random.Next(2) == 0 ? RandomFilter.None : RandomFilter.Make(random);
        var document = new Dictionary<string, object> { ["from"] = from.ToString(), ["to"] = to.ToString(), ["bucket"] = size.Name() };
        if (name is not null) document["name"] = name;
        if (filter.Json is not null) document["where"] = filter.Json;
        var starts = Starts(project, size, from, to);
        var before = Utc(new Buckets(project.Calendar, size).StartOf(Instant.FromDateTimeUtc(starts[0]) - Duration.Epsilon));
        var (twin, found) = (new Figures(), new Figures());
        string[] states = ["new", "returning", "resurrecting", "dormant"];
        foreach (var row in await project.AskAsync(ActivitySql.Lifecycle(project.Id, before, Utc(from), Utc(to), starts, name, filter.Sql)))
            for (var i = 0; i < states.Length; i++) twin.Add($"{Time(starts[(int)row[0]! - 1])} {states[i]}", row[i + 1]);
        foreach (var bucket in (await project.AskAsync("lifecycle", document)).GetProperty("buckets").EnumerateArray())
            foreach (var state in states) found.Add($"{Time(bucket.GetProperty("ts").GetDateTime())} {state}", bucket.GetProperty(state));
        Figures.AssertSame(twin, found, project.Told(document));

        document["bucket"] = "day";
        var days = Starts(project, BucketSize.Day, from, to);
        (twin, found) = (new Figures(), new Figures());
        foreach (var row in await project.AskAsync(ActivitySql.Stickiness(project.Id, Utc(from), Utc(to), days, name, filter.Sql))) twin.Add($"{row[0]} days", row[1]);
        var histogram = (await project.AskAsync("stickiness", document)).GetProperty("days");
        Assert.Equal(days.Length, histogram.GetArrayLength());
        foreach (var day in histogram.EnumerateArray()) found.Add($"{day.GetProperty("n")} days", day.GetProperty("people"), skipZero: true);
        Figures.AssertSame(twin, found, project.Told(document));
    });

    [Fact]
    public async Task Sessions_of_every_measure() => await EachAsync(9, Rounds, async (project, random, round) =>
    {
        string[] measures = ["count", "length_avg", "length_median", "events_avg"];
        var (from, to) = project.Range(random);
        var size = Pick(random, Sizes[1..]);
        var filter = random.Next(2) == 0 ? RandomFilter.None : RandomFilter.Make(random);
        var grouped = random.Next(2) == 0;
        var document = new Dictionary<string, object>
        {
            ["from"] = from.ToString(),
            ["to"] = to.ToString(),
            ["bucket"] = size.Name(),
            ["measure"] = measures[round],
        };
        if (filter.Json is not null) document["where"] = filter.Json;
        if (grouped) document["group_by"] = new { prop = "colour" };
        var answer = await project.AskAsync("sessions", document);
        var starts = Starts(project, size, from, to);
        var (twin, found) = (new Figures(), new Figures());
        foreach (var row in await project.AskAsync(SessionsSql.Of(
            project.Id, Utc(from), Utc(to), starts, measures[round], grouped ? "colour" : null, filter.Sql)))
        {
            if (row[0] is not null && !grouped) continue;
            twin.Add($"{(row[0] is null ? "" : Place(row, grouped))}{(row[2] is int bucket ? Time(starts[bucket - 1]) : "total")}", row[3 + round], skipZero: round == 0 || row[3 + round] is null);
        }
        AddLine("", answer);
        if (grouped)
            foreach (var (group, place) in answer.GetProperty("groups").EnumerateArray().Select((g, i) => (g, i + 1)))
                AddLine(Group(place, group.GetProperty("value"), group.TryGetProperty("other", out _)), group);
        Figures.AssertSame(twin, found, project.Told(document));

        void AddLine(string of, JsonElement line)
        {
            Assert.Equal(starts.Length, line.GetProperty("points").GetArrayLength());
            foreach (var point in line.GetProperty("points").EnumerateArray())
                AddValue(of + Time(point.GetProperty("ts").GetDateTime()), point.GetProperty("value"));
            AddValue(of + "total", line.GetProperty("total"));
        }

        // Where there is no session SQL has no row.
        void AddValue(string of, JsonElement value) =>
            found.Add(of, value, skipZero: measures[round] == "count" || value.ValueKind == JsonValueKind.Null);
    });

    private async Task EachAsync(int kind, int rounds, Func<TwinProject, Random, int, Task> ask)
    {
        foreach (var project in projects.All)
        {
            var random = project.Random(kind);
            for (var round = 0; round < rounds; round++) await ask(project, random, round);
        }
    }

    private static Figures FunnelTwin(List<object?[]> rows, bool grouped)
    {
        var twin = new Figures();
        foreach (var row in rows.Where(row => (long)row[0]! == 0 || grouped))
        {
            twin.Add($"{Place(row, grouped)}step {row[2]}", row[3]);
            if ((int)row[2]! > 1) twin.Add($"{Place(row, grouped)}step {row[2]} median", row[4]);
        }
        return twin;
    }

    private static Figures FunnelAnswer(JsonElement answer)
    {
        var found = new Figures();
        AddSteps("", answer.GetProperty("steps"));
        if (answer.TryGetProperty("groups", out var groups) && groups.ValueKind == JsonValueKind.Array)
            foreach (var (group, place) in groups.EnumerateArray().Select((g, i) => (g, i + 1)))
                AddSteps(Group(place, group.GetProperty("value"), group.TryGetProperty("other", out _)), group.GetProperty("steps"));
        return found;

        void AddSteps(string of, JsonElement steps)
        {
            foreach (var (step, i) in steps.EnumerateArray().Select((s, i) => (s, i + 1)))
            {
                found.Add($"{of}step {i}", step.GetProperty("people"), skipZero: true);
                found.Add($"{of}step {i} median", step.GetProperty("median_seconds") is { ValueKind: JsonValueKind.Number } median ? median : null,
                    skipZero: step.GetProperty("median_seconds").ValueKind != JsonValueKind.Number);
            }
        }
    }

    // Of rows of (place, value, bucket, result).
    private static void AddPlaces(Figures figures, List<object?[]> rows, string of, bool grouped, bool withTotals)
    {
        var starts = 0;
        foreach (var row in rows)
        {
            starts = row[2] is int bucket ? bucket : 0;
            if (row[2] is null && !withTotals) continue;
            figures.Add($"{of}{(grouped ? Place(row, grouped) : "")}{(row[2] is null ? "total" : starts.ToString(CultureInfo.InvariantCulture))}", row[3]);
        }
    }

    private static void AddPoints(Figures figures, string of, JsonElement points)
    {
        foreach (var (point, i) in points.EnumerateArray().Select((p, i) => (p, i + 1)))
            figures.Add($"{of}{i}", point.GetProperty("value"));
    }

    private static string Place(object?[] row, bool grouped)
    {
        var place = Convert.ToInt64(row[0], CultureInfo.InvariantCulture);
        return place == 0 || !grouped ? "" : row[1] is string value ? $"#{place} {CanonicalJson.Of(value)}: " : $"#{place} null: ";
    }

    // The rest has no value in SQL.
    private static string Group(int place, JsonElement value, bool other) =>
        other || value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined
            ? $"#{place} null: " : $"#{place} {CanonicalJson.Of(value.GetRawText())}: ";

    private static DateTime[] Starts(TwinProject project, BucketSize size, Instant from, Instant to) =>
        [.. new Buckets(project.Calendar, size).Covering(from, to)!.Starts.Select(Utc)];

    // The starts of so many calendar windows from the one of a day on, and where the last one ends.
    private static DateTime[] Consecutive(TwinProject project, BucketSize size, LocalDate day, int count)
    {
        var buckets = new Buckets(project.Calendar, size);
        var first = buckets.StartOf(project.Calendar.StartOfDay(day));
        return [.. buckets.Covering(first, first + Duration.FromDays(40 * (count + 1)))!.Starts.Take(count + 1).Select(Utc)];
    }

    private static DateTime Utc(Instant instant) => instant.ToDateTimeUtc();

    private static string Time(DateTime ts) => ts.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    // Groups are put in order by their measure, and the sums of the largest and the smallest numbers tie or not by their last digit.
    private static string Comparable(string measure) => measure.Replace(":price", ":amount", StringComparison.Ordinal);

    private static T Pick<T>(Random random, IReadOnlyList<T> of) => of[random.Next(of.Count)];
}
