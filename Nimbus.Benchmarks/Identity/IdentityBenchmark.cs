using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nimbus.Client;
using Nimbus.IdentityService.Users;
using Nimbus.IngestService;
using Nimbus.IngestService.ApiKeys;

namespace Nimbus.Benchmarks.Identity;

/// <summary>Measures accounts and keys on the whole running system, its limits off.</summary>
internal static class IdentityBenchmark
{
    private const string Password = "correct horse battery";
    private const int Clients = 8;
    private const int Rotations = 20;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(CancellationToken ct)
    {
        var hash = HashMilliseconds();
        await using var nimbus = await RunningNimbus.StartAsync(["--Nimbus:RateLimit:Enabled=false"], ct);
        using var http = new HttpClient { BaseAddress = nimbus.Gateway };
        var api = new NimbusApi(http);
        var account = await api.RegisterAsync("ada@example.com", Password, "Ada", ct);
        var signIns = await SignInsPerSecondAsync(http, account.User.Email, ct);
        var lookUps = await LookUpsPerSecondAsync(ct);
        var refusals = await RefusalsAsync(http, api, ct);

        var figures = new
        {
            HashMilliseconds = hash,
            SignInsPerSecond = signIns,
            KeyLookUpsPerSecond = lookUps,
            RotationToRefusalMilliseconds = new { P50 = Report.Median(refusals), Max = refusals.Max() },
        };
        Report.Print("identity", await Machine.ThisAsync(nimbus.Events, ct), figures, new Table("", "measured", "limit")
            .Add("a password's hash, one processor", Text(hash, "ms"), "")
            .Add($"sign-ins through the gateway, {Clients} clients", Text(signIns, "/s"), Text(1000 / hash * Math.Max(1, Environment.ProcessorCount - 1), "/s: the hash alone"))
            .Add("look-ups of a known key in intake, one processor", Text(lookUps, "/s"), "")
            .Add("from a rotation's request to the refusal of the old key, p50", Text(Report.Median(refusals), "ms"), "1000 ms")
            .Add("the same, the slowest of " + Rotations, Text(refusals.Max(), "ms"), "1000 ms"));
        return 0;
    }

    private static string Text(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:N1} {unit}");

    private static double HashMilliseconds()
    {
        using var passwords = new Passwords();
        passwords.Hash(Password);
        var times = new List<double>();
        for (var i = 0; i < 20; i++)
        {
            var start = Stopwatch.GetTimestamp();
            passwords.Hash(Password);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return Report.Median(times);
    }

    private static async Task<double> SignInsPerSecondAsync(HttpClient http, string email, CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(start) < Duration; count++)
            {
                using var answer = await http.PostAsJsonAsync("/v1/auth/login", new { email, password = Password }, ct);
                answer.EnsureSuccessStatusCode();
            }
            return count;
        }));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> LookUpsPerSecondAsync(CancellationToken ct)
    {
        using var identity = new AnswersOneKey();
        var keys = new KeyDirectory(
            new IdentityKeys(identity), Options.Create(new IngestOptions()), TimeProvider.System, NullLogger<KeyDirectory>.Instance);
        await keys.FindAsync(KeyKind.KeyId, "nbk_1", ct);
        long count = 0;
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Duration / 5)
        {
            for (var i = 0; i < 1000; i++, count++)
                await keys.FindAsync(KeyKind.KeyId, "nbk_1", ct);
        }
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Milliseconds from the request that rotates to the first refusal of the old secret, which is asked for at once.</summary>
    private static async Task<List<double>> RefusalsAsync(HttpClient http, NimbusApi api, CancellationToken ct)
    {
        var project = await api.CreateProjectAsync("Shop", ct: ct);
        var secret = project.ApiKeySecret;
        var times = new List<double>();
        for (var i = 0; i < Rotations; i++)
        {
            if (await SendAsync(http, secret, ct) != HttpStatusCode.Accepted)
                throw new InvalidOperationException("A new key is not taken.");
            var start = Stopwatch.GetTimestamp();
            var rotated = await api.RotateKeysAsync(project.Project.Id, ct: ct);
            while (await SendAsync(http, secret, ct) != HttpStatusCode.Unauthorized)
                ct.ThrowIfCancellationRequested();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            secret = rotated.ApiKeySecret;
        }
        return times;
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient http, string secret, CancellationToken ct)
    {
        using var body = JsonContent.Create(new { events = new[] { new { name = "view" } } });
        body.Headers.Add("X-API-Key", secret);
        using var answer = await http.PostAsync("/v1/events", body, ct);
        return answer.StatusCode;
    }

    /// <summary>Stands where identity does, and knows one key.</summary>
    private sealed class AnswersOneKey : HttpMessageHandler, IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(this, disposeHandler: false) { BaseAddress = new Uri("http://identity") };

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage
            {
                Content = JsonContent.Create(new { key_id = "nbk_1", project_id = Guid.NewGuid(), secret = "nbs_1", traffic = "none" }, options: JsonSerializerOptions.Web),
            });
    }
}
