using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.Benchmarks.Ingest;
using Nimbus.Client;

namespace Nimbus.Benchmarks.Freshness;

/// <summary>
/// Sends an event of its own, and from its 202 on asks for the count of such events until it is there; then the next one. Beside
/// it a steady load, and a probe that asks the same while nothing is sent, so that it is known what a question takes by itself.
/// </summary>
internal static class FreshnessBenchmark
{
    private const int BatchEvents = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(int samples, int load, CancellationToken ct)
    {
        await using var nimbus = await RunningNimbus.StartAsync(["--Nimbus:RateLimit:Enabled=false"], ct);
        var machine = await Machine.ThisAsync(nimbus.Events, ct);
        using var gateway = new HttpClient { BaseAddress = nimbus.Gateway };
        using var api = new NimbusApi(gateway);
        var session = await api.RegisterAsync($"{Guid.CreateVersion7():N}@example.com", "correct horse battery", ct: ct);
        gateway.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session.AccessToken);
        var figures = await WatchAsync(nimbus, gateway, api, samples, load, ct);
        Report.Print("freshness", machine, figures, figures.Table());
    }

    /// <summary>In a new project of a running system.</summary>
    /// <param name="gateway">Signed in.</param>
    public static async Task<FreshnessFigures> WatchAsync(
        RunningNimbus nimbus, HttpClient gateway, NimbusApi api, int samples, int load, CancellationToken ct)
    {
        var created = await api.CreateProjectAsync("Freshness", ct: ct);
        var project = new LoadProject(created.Project.Id, created.Project.ApiKeyId, created.ApiKeySecret);
        using var sender = new SignedSender(nimbus.Gateway, project);

        var quiet = await WatchAsync(gateway, sender, project.Id, "quiet", samples, ct);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sending = Task.Run(() => LoadAsync(sender, load, ending.Token), ct);
        Found loaded;
        long sent;
        try
        {
            loaded = await WatchAsync(gateway, sender, project.Id, "loaded", samples, ct);
        }
        finally
        {
            await ending.CancelAsync();
            sent = await sending;
        }
        return new FreshnessFigures(
            samples, load, sent, quiet.At(0.5), quiet.At(0.9), quiet.At(0.99), quiet.Sorted[^1], quiet.QuestionMs,
            loaded.At(0.5), loaded.At(0.9), loaded.At(0.99), loaded.Sorted[^1], loaded.QuestionMs);
    }

    private static async Task<Found> WatchAsync(
        HttpClient gateway, SignedSender sender, Guid project, string name, int samples, CancellationToken ct)
    {
        // The first ones start everything up.
        const int Skipped = 10;
        var took = new List<double>();
        for (var i = 1; i <= samples + Skipped; i++)
        {
            // Another body each time: the same bytes in one second are one request.
            await sender.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { events = new[] { new { name, user_id = $"watched-{i}" } } }), ct);
            var acknowledged = Stopwatch.GetTimestamp();
            while (await CountAsync(gateway, project, name, ct) < i)
            {
                if (Stopwatch.GetElapsedTime(acknowledged) > Patience)
                    throw new TimeoutException($"Event {i} is in no answer after {Patience.TotalSeconds:0} s.");
            }
            if (i > Skipped)
                took.Add(Stopwatch.GetElapsedTime(acknowledged).TotalMilliseconds);
        }
        var questions = new List<double>();
        for (var i = 0; i < 50; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            await CountAsync(gateway, project, name, ct);
            questions.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        took.Sort();
        return new Found(took, Report.Median(questions));
    }

    private static async Task<double> CountAsync(HttpClient gateway, Guid project, string name, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/insights/trends")
        {
            Content = JsonContent.Create(new
            {
                project_id = project,
                from = DateTimeOffset.UtcNow.AddDays(-1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
                to = DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
                series = new[] { new { name } },
            }),
        };
        using var response = await gateway.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
        return answer.RootElement.GetProperty("series")[0].GetProperty("total").GetDouble();
    }

    private static async Task<long> LoadAsync(SignedSender sender, int perSecond, CancellationToken ending)
    {
        if (perSecond == 0)
            return 0;
        var bodies = new EventBodies(0, BatchEvents, 1);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(BatchEvents / (double)perSecond));
        long sent = 0;
        while (!ending.IsCancellationRequested)
        {
            await sender.SendAsync(bodies.Next(DateTimeOffset.UtcNow, 0), CancellationToken.None);
            sent += BatchEvents;
            try
            {
                await timer.WaitForNextTickAsync(ending);
            }
            catch (OperationCanceledException)
            {
            }
        }
        return sent;
    }

    /// <param name="Sorted">Milliseconds from the 202 to the answer.</param>
    private sealed record Found(List<double> Sorted, double QuestionMs)
    {
        public double At(double share) => Report.Percentile(Sorted, share);
    }
}
