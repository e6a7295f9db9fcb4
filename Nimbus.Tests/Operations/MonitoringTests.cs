using System.Text.Json;
using System.Text.RegularExpressions;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Operations;

/// <summary>The dashboards and alerts in deploy/ ask for metrics that there are, and the alerts are raised when they should be.</summary>
public sealed partial class MonitoringTests : IDisposable
{
    private static readonly string Prometheus = Path.Combine(TestData.RepositoryRoot, "deploy", "prometheus");
    private static readonly string Grafana = Path.Combine(TestData.RepositoryRoot, "deploy", "grafana");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nimbus-monitoring-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Every_query_of_a_dashboard_or_an_alert_names_metrics_and_labels_that_there_are()
    {
        List<string> faults = [];
        var queries = AllQueries().ToList();
        Assert.True(queries.Count > 40, "the queries were not found");
        foreach (var (place, query) in queries)
        {
            var series = PromQuery.Series(query);
            if (series is [])
                faults.Add($"{place}: {query} names no metric");
            var listed = series.Select(name => (Name: name, Metric: MetricsList.Find(name))).ToList();
            faults.AddRange(listed.Where(found => found.Metric is null).Select(found => $"{place}: docs/operations.md does not list {found.Name}"));
            var known = listed.SelectMany(found => found.Metric?.Labels ?? []).Concat(["job", "instance", "le"]);
            faults.AddRange(PromQuery.Labels(query).Except(known).Select(label => $"{place}: no metric in {query} has a label {label}"));
        }
        Assert.True(faults is [], string.Join('\n', faults));
    }

    [Fact]
    public void Every_value_that_a_query_looks_for_is_one_that_there_is()
    {
        Assert.Equal(MetricsList.Services, JobName().Matches(File.ReadAllText(Path.Combine(Prometheus, "prometheus.yml"))).Select(job => job.Groups[1].Value));
        var wanted = AllQueries().SelectMany(asked => PromQuery.Values(asked.Query).Select(value => (asked.Place, Value: value))).ToList();
        Assert.True(wanted.Count > 10, "the values were not found");
        // The list names the values that a label of ours has; those of others are not ours to know.
        var unknown = wanted.Where(one => one.Value.Label == "job"
            ? !MetricsList.Services.Contains(one.Value.Text)
            : one.Value.Series.StartsWith("nimbus_", StringComparison.Ordinal)
                && !Regex.IsMatch(MetricsList.Find(one.Value.Series)?.Meaning ?? "", $@"\b{Regex.Escape(one.Value.Text)}\b")).ToList();
        Assert.True(unknown is [], string.Join('\n', unknown));
    }

    [Theory]
    [InlineData("sum by (job) (rate(a_total{x=~\"b|c\"}[5m])) / on (job) d_seconds_count > 0.02", "a_total,d_seconds_count", "job,x")]
    [InlineData("histogram_quantile(0.99, sum by (le, kind) (rate(a_bucket[$__rate_interval])))", "a_bucket", "kind,le")]
    [InlineData("max(a) - max(a offset 15m) > 1e3 and absent(b:c) unless d{e!=\"f{g}\"}", "a,b:c,d", "e")]
    [InlineData("predict_linear(a[6h], 86400) < 0", "a", "")]
    public void A_query_says_what_it_asks_for(string query, string series, string labels)
    {
        Assert.Equal(series, string.Join(',', PromQuery.Series(query).Order()));
        Assert.Equal(labels, string.Join(',', PromQuery.Labels(query).Order()));
    }

    [SkippableFact]
    public async Task Prometheus_takes_its_configuration_and_each_alert_is_raised_when_it_should_be()
    {
        foreach (var file in Directory.EnumerateFiles(Prometheus))
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "metrics-token"), "made by the operator");

        foreach (var arguments in (string[][])[["check", "config", "prometheus.yml"], ["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]])
        {
            var (isWell, said) = await Promtool.RunAsync(_folder.FullName, arguments);
            Assert.True(isWell, said);
        }
    }

    [SkippableFact]
    public async Task Every_query_of_a_dashboard_is_one_for_Prometheus()
    {
        var rules = DashboardQueries().Select((query, place) =>
            $"      - {{ record: 'asked:{place}', expr: '{Fill(query.Query).Replace("'", "''", StringComparison.Ordinal)}' }}");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "asked.yml"), $"groups:\n  - name: asked\n    rules:\n{string.Join('\n', rules)}\n");

        var (isWell, said) = await Promtool.RunAsync(_folder.FullName, "check", "rules", "asked.yml");

        Assert.True(isWell, said);
    }

    [Fact]
    public async Task Every_alert_is_tested_and_has_its_place_in_the_runbook()
    {
        var rules = await File.ReadAllTextAsync(Path.Combine(Prometheus, "alerts.yml"));
        var tests = await File.ReadAllTextAsync(Path.Combine(Prometheus, "alerts.test.yml"));
        var runbook = await File.ReadAllLinesAsync(Path.Combine(TestData.RepositoryRoot, "docs", "operations.md"));
        var alerts = AlertName().Matches(rules).Select(name => name.Groups[1].Value).ToList();
        Assert.True(alerts.Count > 10, "the alerts were not found");
        Assert.Equal(alerts, runbook.Where(line => line.StartsWith("### Nimbus", StringComparison.Ordinal)).Select(line => line[4..]));
        Assert.All(alerts, alert =>
        {
            Assert.Contains($"runbook: docs/operations.md#{alert.ToLowerInvariant()}", rules, StringComparison.Ordinal);
            // Once where it is silent and once where it is raised.
            Assert.Matches($@"alertname: {alert}\n\s+exp_alerts:", tests);
            Assert.Contains($"alertname: {alert} }}", tests, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_dashboard_can_be_imported_anywhere()
    {
        var dashboards = Directory.GetFiles(Grafana, "*.json").Select(TestData.Json).ToList();
        Assert.NotEmpty(dashboards);
        Assert.Equal(dashboards.Count, dashboards.Select(dashboard => dashboard.GetProperty("uid").GetString()).Distinct().Count());
        foreach (var panel in dashboards.SelectMany(dashboard => dashboard.GetProperty("panels").EnumerateArray()).Where(HasQueries))
        {
            // The one data source is chosen at the top of the page, not by a name that only one installation has.
            Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString());
            Assert.NotEqual("", panel.GetProperty("description").GetString());
        }
    }

    private static IEnumerable<(string Place, string Query)> AllQueries() => DashboardQueries().Concat(AlertQueries());

    private static IEnumerable<(string Place, string Query)> DashboardQueries() =>
        from file in Directory.GetFiles(Grafana, "*.json")
        from panel in TestData.Json(file).GetProperty("panels").EnumerateArray()
        where HasQueries(panel)
        from target in panel.GetProperty("targets").EnumerateArray()
        select ($"{Path.GetFileName(file)}, {panel.GetProperty("title").GetString()}", target.GetProperty("expr").GetString()!);

    private static IEnumerable<(string Place, string Query)> AlertQueries() =>
        Expression().Matches(File.ReadAllText(Path.Combine(Prometheus, "alerts.yml")))
            .Select(rule => ($"alerts.yml, {rule.Groups[1].Value}", rule.Groups[2].Value));

    private static bool HasQueries(JsonElement panel) => panel.TryGetProperty("targets", out _);

    private static string Fill(string query) => query.Replace("$__rate_interval", "5m", StringComparison.Ordinal);

    [GeneratedRegex(@"- job_name: (\S+)")]
    private static partial Regex JobName();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex AlertName();

    // On the same line, or folded below it.
    [GeneratedRegex(@"- alert: (\w+)\s+expr: (?:>-)?\s*((?:(?!\n\s+(?:for|labels):)[\s\S])+)")]
    private static partial Regex Expression();
}
