using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.Tests.Query.Sql;

namespace Nimbus.Benchmarks.Query;

/// <summary>A question with its goal, over HTTP and in SQL.</summary>
/// <param name="GoalMs">Of the median answer without a cache.</param>
/// <param name="Request">With the end of the range, which is moved so that no cache knows the question.</param>
/// <param name="Sql">The naive SQL of the same range.</param>
/// <param name="Found">The figures of an answer, in the order of those of <paramref name="Expected"/>.</param>
/// <param name="Expected">The figures of the rows.</param>
internal sealed record Question(
    string Name, double GoalMs, Func<DateTime, HttpRequestMessage> Request, Func<DateTime, SqlQuestion> Sql,
    Func<JsonElement, IEnumerable<double?>> Found, Func<List<object?[]>, IEnumerable<double?>> Expected)
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly string[] Funnel = ["view", "add", "buy"];

    /// <summary>The questions of a data set, those with a goal for so many people.</summary>
    public static IReadOnlyList<Question> All(Guid project, bool manyPeople)
    {
        var (from, days) = (DataSet.From, Starts(TimeSpan.FromDays(1), DataSet.Days));
        var hours = Starts(TimeSpan.FromHours(1), DataSet.Days * 24);
        var ordered = manyPeople ? 100.0 : 60;
        return
        [
            new("hourly counts", 5,
                to => new(HttpMethod.Get, $"/v1/metrics?project_id={project}&bucket=1h&from={Text(from)}&to={Text(to)}"),
                to => MeasuresSql.Counts(project, from, to, hours),
                answer => Series(answer.GetProperty("series"), "value"), rows => rows.Select(row => (double?)(long)row[1]!)),
            new("unique users per day, 90 days", 50,
                to => new(HttpMethod.Get, $"/v1/metrics?project_id={project}&measure=users&bucket=1d&from={Text(from)}&to={Text(to)}"),
                to => StatsSql.DailyUsers(project, from, to, days),
                answer => Series(answer.GetProperty("series"), "value"), rows => rows.Select(row => (double?)(long)row[1]!)),
            FunnelOf("funnel of 3 steps", ordered, project),
            FunnelOf("funnel by a property of 50 values", 150, project, groupBy: "country"),
            FunnelOf("funnel, strict", manyPeople ? 250 : 150, project, "strict"),
            FunnelOf("funnel, any order", ordered * 1.5, project, "any"),
            FunnelOf("funnel with an exclusion", ordered * 1.5, project, exclude: "refund"),
            new("daily retention, 30 days", 50,
                to => Post("retention", new
                {
                    project_id = project, from, to = to.AddDays(30 - DataSet.Days), bucket = "day", windows = 30, kind = "first_time",
                    start = new { name = "open" }, @return = new { name = "view" },
                }),
                to => RetentionSql.Of(project, "e.name = 'open'", "e.name = 'view'", from, to.AddDays(30 - DataSet.Days), days[..30], 30),
                Retained, Retained),
            new("filter on one property, group by another", 60,
                to => Post("trends", new
                {
                    project_id = project, from, to, bucket = "1d", series = new[] { new { measure = "count" } },
                    where = new { prop = "plan", op = "eq", value = "plan-1" }, group_by = new { prop = "browser" },
                }),
                to => MeasuresSql.Of(project, [new()], from, to, days, "browser", where: "e.props -> 'plan' = '\"plan-1\"'"),
                answer => answer.GetProperty("series").EnumerateArray().SelectMany(line => Series(line.GetProperty("points"), "value").Append(Number(line.GetProperty("total")))),
                rows => rows.Select(row => (double?)double.Parse((string)row[3]!, CultureInfo.InvariantCulture))),
        ];
    }

    /// <summary>The ordered funnel alone, under another name and goal.</summary>
    public static Question FunnelOf(
        string name, double goalMs, Guid project, string order = "ordered", string? groupBy = null, string? exclude = null) => new(
        name, goalMs,
        to =>
        {
            var document = new Dictionary<string, object>
            {
                ["project_id"] = project,
                ["from"] = DataSet.From,
                ["to"] = to,
                ["window"] = "7d",
                ["order"] = order,
                ["steps"] = Funnel.Select(step => new { name = step }),
            };
            if (groupBy is not null) document["group_by"] = new { prop = groupBy };
            if (exclude is not null) document["exclude"] = new[] { new { name = exclude } };
            return Post("funnel", document);
        },
        to => FunnelSql.Windows(project, Funnel, DataSet.From, to, Week, order, exclude, groupBy),
        answer => Steps(answer.GetProperty("steps")).Concat(answer.TryGetProperty("groups", out var groups) && groups.ValueKind == JsonValueKind.Array
            ? groups.EnumerateArray().SelectMany(group => Steps(group.GetProperty("steps"))) : []),
        rows => rows.Where(row => groupBy is not null || (long)row[0]! == 0).OrderBy(row => (long)row[0]!).ThenBy(row => (int)row[2]!)
            .SelectMany(row => (int)row[2]! == 1 ? [(double?)(long)row[3]!] : new[] { (double?)(long)row[3]!, (double?)row[4] }));

    /// <summary>Whether an answer is what SQL says, sums and averages within 1e-9.</summary>
    public bool Agree(JsonElement answer, List<object?[]> rows)
    {
        var (found, expected) = (Found(answer).ToList(), Expected(rows).ToList());
        return found.Count == expected.Count && found.Zip(expected).All(pair => pair.First == pair.Second
            || (pair.First is { } a && pair.Second is { } b && Math.Abs(a - b) <= 1e-9 * Math.Abs(b)));
    }

    private static IEnumerable<double?> Steps(JsonElement steps) => steps.EnumerateArray().SelectMany((step, i) =>
        i == 0 ? [Number(step.GetProperty("people"))] : new[] { Number(step.GetProperty("people")), Number(step.GetProperty("median_seconds")) });

    // The size of each cohort, then who came back when; who did not is not in the rows.
    private static IEnumerable<double?> Retained(JsonElement answer) => answer.GetProperty("cohorts").EnumerateArray().SelectMany(cohort =>
        cohort.GetProperty("retained").EnumerateArray().Select(Number).Prepend(Number(cohort.GetProperty("size"))).Where(people => people is not (null or 0)));

    private static IEnumerable<double?> Retained(List<object?[]> rows) => rows.Where(row => (long)row[0]! == 0)
        .OrderBy(row => (int)row[2]!).ThenBy(row => row[3] is int n ? n : -1).Select(row => (double?)(long)row[4]!);

    private static IEnumerable<double?> Series(JsonElement points, string value) => points.EnumerateArray().Select(point => Number(point.GetProperty(value)));

    private static double? Number(JsonElement json) => json.ValueKind == JsonValueKind.Number ? json.GetDouble() : null;

    private static HttpRequestMessage Post(string kind, object document) =>
        new(HttpMethod.Post, $"/v1/insights/{kind}") { Content = JsonContent.Create(document) };

    private static DateTime[] Starts(TimeSpan size, int count) => [.. Enumerable.Range(0, count).Select(i => DataSet.From + (i * size))];

    private static string Text(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
