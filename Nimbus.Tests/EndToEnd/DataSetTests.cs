using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>
/// Nine years of real events, imported by the command line through the gateway, answer as two independent computations
/// of their truth did.
/// </summary>
[Collection(NimbusSystem.Collection)]
public sealed class DataSetTests(NimbusSystem nimbus)
{
    private static readonly DateTimeOffset First = new(2009, 6, 30, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset AfterLast = new(2018, 7, 27, 0, 0, 0, TimeSpan.Zero);

    [SkippableFact]
    public async Task The_imported_data_set_answers_as_its_ground_truth()
    {
        var source = TestData.Path("duraspace-irc.csv.gz");
        var truth = TestData.Json(TestData.Path("duraspace-irc.truth.json"));
        var bytes = await File.ReadAllBytesAsync(source);
        Assert.Equal(truth.GetProperty("bytes").GetInt64(), bytes.LongLength);
        Assert.Equal(truth.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        using var folder = new TemporaryFolder();
        var file = folder.Copy(source);
        var project = await TestProject.CreateAsync(nimbus);

        await using (var import = NimbusCommand.Import(project, file))
        {
            var (exitCode, output) = await import.EndAsync(TimeSpan.FromMinutes(3));
            Assert.True(exitCode == 0, output);
        }
        await project.WaitForCountAsync(truth.GetProperty("total_events").GetInt64(), TimeSpan.FromMinutes(1));

        await TotalsAgree(project, truth);
        await DailyUsersAgree(project, truth);
        await WeeklyUsersAgree(project, truth);
        await DailyCountsAgree(project, truth);
        await BreakdownsAgree(project, truth);
        await FunnelsAgree(project, truth);
        await RetentionAgrees(project, truth);

        // The same file again: its keys are known, so nothing is added.
        await using (var again = NimbusCommand.Import(project, file, "--restart"))
        {
            var (exitCode, output) = await again.EndAsync(TimeSpan.FromMinutes(3));
            Assert.True(exitCode == 0, output);
        }
        Assert.Equal(truth.GetProperty("total_events").GetInt64(), await project.CountAsync());
    }

    private static async Task TotalsAgree(TestProject project, JsonElement truth)
    {
        var top = await project.Api.GetTopEventsAsync(project.Id, First, AfterLast, 100);
        var expected = truth.GetProperty("top_event_types").EnumerateArray()
            .Select(type => (Name: type[0].GetString()!, Count: type[1].GetInt64()))
            .OrderByDescending(type => type.Count).ThenBy(type => type.Name, StringComparer.Ordinal);
        Assert.Equal(expected, top.Events.Select(type => (type.Name, type.Count)));

        Assert.Equal(truth.GetProperty("distinct_event_types").GetInt32(), top.Events.Count);

        var users = await AskAsync(project, "trends", new
        {
            project_id = project.Id,
            from = First,
            to = AfterLast,
            bucket = "1mo",
            series = new[] { new { measure = "users" } },
        });
        Assert.Equal(truth.GetProperty("distinct_users").GetInt64(), users.GetProperty("series")[0].GetProperty("total").GetInt64());

        foreach (var (line, ascending) in new[] { ("first_event", true), ("last_event", false) })
        {
            var page = await project.Api.GetEventsAsync(new EventQuery(project.Id) { Ascending = ascending, Limit = 1 });
            Assert.Equal(truth.GetProperty(line).GetDateTimeOffset(), Assert.Single(page.Events).Ts);
        }

        foreach (var year in truth.GetProperty("events_per_year").EnumerateObject())
        {
            var start = new DateTimeOffset(int.Parse(year.Name, CultureInfo.InvariantCulture), 1, 1, 0, 0, 0, TimeSpan.Zero);
            Assert.Equal(year.Value.GetInt64(), await CountAsync(project, start, start.AddYears(1)));
        }
    }

    private static async Task<long> CountAsync(TestProject project, DateTimeOffset from, DateTimeOffset to) =>
        (await project.Api.GetTopEventsAsync(project.Id, from, to, 100)).Events.Sum(type => type.Count);

    private static async Task DailyUsersAgree(TestProject project, JsonElement truth)
    {
        var answer = await project.Api.GetDailyUsersAsync(
            project.Id, DateOnly.FromDateTime(First.UtcDateTime), DateOnly.FromDateTime(AfterLast.UtcDateTime));
        var users = answer.Days.ToDictionary(day => day.Date, day => day.Users);
        Assert.Equal(truth.GetProperty("days_with_events").GetInt32(), answer.Days.Count(day => day.Users > 0));
        foreach (var day in truth.GetProperty("dau").EnumerateObject())
            Assert.Equal(day.Value.GetInt64(), users[DateOnly.Parse(day.Name, CultureInfo.InvariantCulture)]);
    }

    private static async Task WeeklyUsersAgree(TestProject project, JsonElement truth)
    {
        foreach (var week in truth.GetProperty("weekly_uniques").EnumerateObject())
        {
            var monday = DateTimeOffset.Parse(week.Name + "T00:00:00Z", CultureInfo.InvariantCulture);
            var answer = await project.Api.GetMetricsAsync(
                new MetricQuery(project.Id) { Bucket = "1w", Measure = "users", From = monday, To = monday.AddDays(7) });
            var point = Assert.Single(answer.Series!);
            Assert.Equal((monday, week.Value.GetDouble()), (point.Ts, point.Value));
        }
    }

    private static async Task DailyCountsAgree(TestProject project, JsonElement truth)
    {
        foreach (var series in truth.GetProperty("daily_counts").EnumerateArray())
        {
            var from = DateTimeOffset.Parse(series.GetProperty("from").GetString() + "T00:00:00Z", CultureInfo.InvariantCulture);
            var answer = await project.Api.GetMetricsAsync(new MetricQuery(project.Id)
            {
                Bucket = "1d",
                Name = series.GetProperty("event_type").GetString(),
                From = from,
                To = from.AddDays(series.GetProperty("days").GetInt32()),
            });
            var expected = series.GetProperty("counts").EnumerateObject()
                .Select(day => (day.Name, (double?)day.Value.GetDouble()));
            Assert.Equal(
                expected,
                answer.Series!.Select(point => (point.Ts.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), point.Value)));
        }
    }

    private static async Task BreakdownsAgree(TestProject project, JsonElement truth)
    {
        foreach (var breakdown in truth.GetProperty("property_breakdown").EnumerateArray())
        {
            var answer = await project.Api.GetMetricsAsync(new MetricQuery(project.Id)
            {
                Bucket = "1mo",
                Name = breakdown.GetProperty("event_type").GetString(),
                GroupBy = breakdown.GetProperty("property").GetString(),
                From = First,
                To = AfterLast,
            });
            var counts = answer.Groups!.ToDictionary(
                group => group.Value is { ValueKind: not JsonValueKind.Null } value ? value.ToString().ToLowerInvariant() : "<absent>",
                group => (long)group.Series.Sum(point => point.Value ?? 0));
            Assert.Equal(
                breakdown.GetProperty("counts").EnumerateObject().ToDictionary(value => value.Name, value => value.Value.GetInt64()),
                counts);
        }
    }

    // Events of one minute count in whichever order serves the chain: the variant that allows equal times.
    private static async Task FunnelsAgree(TestProject project, JsonElement truth)
    {
        foreach (var funnel in truth.GetProperty("funnels").EnumerateArray())
        {
            var answer = await AskAsync(project, "funnel", new
            {
                project_id = project.Id,
                from = First,
                to = AfterLast,
                window = $"{funnel.GetProperty("window_days").GetInt32()}d",
                steps = funnel.GetProperty("steps").EnumerateArray().Select(name => new { name = name.GetString() }),
            });
            Assert.Equal(
                funnel.GetProperty("variants").GetProperty("allow_equal_time").EnumerateArray().Select(people => people.GetInt64()),
                answer.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("people").GetInt64()));
        }
    }

    private static async Task RetentionAgrees(TestProject project, JsonElement truth)
    {
        foreach (var cohort in truth.GetProperty("retention").EnumerateArray())
        {
            var day = cohort.GetProperty("cohort_day").GetString()!;
            using var response = await project.Owner.SendAsync(
                HttpMethod.Get, $"/v1/stats/retention?project_id={project.Id}&start_date={day}&windows=29&window_type=daily");
            var stats = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
            AssertCohort(cohort, stats.GetProperty("cohorts")[0]);

            // The same as a document, whose cohort is who did anything for the first time.
            var answer = await AskAsync(project, "retention", new
            {
                project_id = project.Id,
                from = day,
                to = DateOnly.Parse(day, CultureInfo.InvariantCulture).AddDays(28).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                windows = 29,
            });
            AssertCohort(cohort, answer.GetProperty("cohorts")[0], isSecondEvent: true);
        }
    }

    private static void AssertCohort(JsonElement expected, JsonElement cohort, bool isSecondEvent = false)
    {
        Assert.Equal(expected.GetProperty("cohort_size").GetInt64(), cohort.GetProperty("size").GetInt64());
        var retained = cohort.GetProperty("retained");
        foreach (var day in expected.GetProperty("retained").EnumerateObject())
        {
            // Where start and return are the same, window 0 counts who did it twice.
            if (isSecondEvent && day.Name == "0") continue;
            Assert.Equal(day.Value.GetInt64(), retained[int.Parse(day.Name, CultureInfo.InvariantCulture)].GetInt64());
        }
    }

    private static async Task<JsonElement> AskAsync(TestProject project, string kind, object document)
    {
        using var response = await project.Owner.SendAsync(
            HttpMethod.Post, $"/v1/insights/{kind}", JsonContent.Create(document));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonDocument.Parse(body).RootElement;
    }
}
