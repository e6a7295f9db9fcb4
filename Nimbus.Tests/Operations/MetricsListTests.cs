using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Nimbus.Client;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.ServiceDefaults;

namespace Nimbus.Tests.Operations;

/// <summary>docs/operations.md lists every metric that a service shows, and none that none does.</summary>
[Collection(NimbusSystem.Collection)]
public sealed partial class MetricsListTests(NimbusSystem nimbus)
{
    private const string Token = "only-prometheus-knows-it";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_list_of_metrics_is_what_the_services_show()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(new NimbusEvent("seen") { IdempotencyKey = "once" });
        await project.SendAsync(new NimbusEvent("seen") { IdempotencyKey = "once" });
        await project.WaitForCountAsync(1);

        // What watches itself from time to time has looked by then.
        IReadOnlyList<string> faults = [];
        await Eventually.TrueAsync(
            async () =>
            {
                List<string> found = [];
                foreach (var service in MetricsList.Services.Where(service => service != "gateway"))
                {
                    using var http = nimbus.Service(service);
                    found.AddRange(Differences(service, await http.GetStringAsync("/metrics")));
                }
                faults = found;
                return faults is [];
            },
            () => string.Join('\n', faults), Patience);
    }

    [Fact]
    public async Task The_gateway_shows_what_the_list_says_and_to_nobody_else_than_who_has_the_token()
    {
        using var identity = nimbus.Service("identity");
        using var ingest = nimbus.Service("ingest");
        using var query = nimbus.Service("query");
        await using var gateway = await ServiceProcess.StartAsync("Nimbus.Gateway.dll", new()
        {
            // The routes stand in a file of the program.
            ["ASPNETCORE_CONTENTROOT"] = Path.Combine(TestData.RepositoryRoot, "Nimbus.Gateway"),
            ["Nimbus__Jwt__Secret"] = NimbusSystem.JwtSecret,
            ["Nimbus__Gateway__MetricsToken"] = Token,
            // Prometheus asks in clear, from within.
            ["Nimbus__Gateway__RequireHttps"] = "true",
            ["ConnectionStrings__redis"] = await nimbus.ConnectionStringAsync("redis"),
            ["services__identity__http__0"] = identity.BaseAddress!.ToString(),
            ["services__ingest__http__0"] = ingest.BaseAddress!.ToString(),
            ["services__query__http__0"] = query.BaseAddress!.ToString(),
        }, ready: "/health");
        using (var answer = await gateway.Client.GetAsync("/v1/auth/me"))
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);

        foreach (var shown in (string?[])[null, "only-prometheus-knows", Token + "x", ""])
        {
            using var answer = await ScrapeAsync(gateway, shown);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
        using var page = await ScrapeAsync(gateway, Token);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var faults = Differences("gateway", await page.Content.ReadAsStringAsync());
        Assert.True(faults is [], string.Join('\n', faults));
    }

    [Fact]
    public void The_list_says_of_each_metric_what_it_means_and_names_its_unit()
    {
        Assert.True(MetricsList.All.Count > 40, "the list was not found");
        Assert.Equal(MetricsList.All.Count, MetricsList.All.Select(metric => metric.Name).Distinct().Count());
        Assert.All(MetricsList.All, metric =>
        {
            Assert.NotEqual("", metric.Meaning);
            Assert.Equal(metric.Unit == "seconds", metric.Name.Contains("_seconds", StringComparison.Ordinal));
            Assert.Equal(metric.Unit == "bytes", metric.Name.Contains("_bytes", StringComparison.Ordinal));
        });
    }

    private static async Task<HttpResponseMessage> ScrapeAsync(ServiceProcess gateway, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await gateway.Client.SendAsync(request);
    }

    private static List<string> Differences(string service, string text)
    {
        var page = PrometheusPage.Parse(text);
        var labels = page.Samples.Keys.ToLookup(
            sample => MetricsList.Find(sample.Split('{')[0])?.Name ?? "", sample => LabelName().Matches(sample).Select(name => name.Groups[1].Value));
        List<string> faults = [];
        foreach (var (name, type) in page.Types)
        {
            if (MetricsList.All.SingleOrDefault(metric => metric.Name == name) is not { } listed)
            {
                faults.Add($"{service} shows {name}, a {type}, which is not listed: {page.Helps.GetValueOrDefault(name)}");
                continue;
            }
            if (!listed.Services.Contains(service))
                faults.Add($"{service} shows {name}, which is listed for {string.Join(", ", listed.Services)}");
            if (listed.Type != type)
                faults.Add($"{name} is a {type}");
            var unlisted = labels[name].SelectMany(all => all).Distinct().Except([.. listed.Labels, "le"]).ToList();
            if (name != "target_info" && unlisted is not [])
                faults.Add($"{name} has labels that are not listed: {string.Join(", ", unlisted)}");
        }
        faults.AddRange(MetricsList.All
            .Where(metric => metric.Services.Contains(service) && metric.IsAlways && !page.Types.ContainsKey(metric.Name))
            .Select(metric => $"{service} does not show {metric.Name}"));
        return faults;
    }

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"[,}]""")]
    private static partial Regex LabelName();
}
