using System.Globalization;
using System.Net;
using Microsoft.Playwright;
using Nimbus.Benchmarks.Query;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Benchmarks.Dashboard;

/// <summary>
/// Loads a data set, opens the dashboard in the machine's own Chromium, and asks the browser what it saw: first loads with an
/// empty cache, then clicks that ask what nobody has asked: each of a range that ends a day earlier than the one before. The first
/// scans everything; the others may use what the service keeps of sealed days, as questions about a live project do.
/// </summary>
internal static class DashboardBenchmark
{
    private const string Password = "correct horse battery";
    private const double MostBytes = 350_000;
    private const double MostClickMs = 300;
    private const double MostFirstEventMs = 2_000;

    // What Lighthouse calls good.
    private const double GoodFcpMs = 1_800;
    private const double GoodLcpMs = 2_500;
    private const double GoodCls = 0.1;
    private const double GoodBlockedMs = 200;

    public static async Task RunAsync(long events, int people, int runs, CancellationToken ct)
    {
        var chromium = await Chromium.PathAsync();
        if (chromium.Length == 0)
            throw new InvalidOperationException(Chromium.Missing);
        var folder = Directory.CreateTempSubdirectory("nimbus-benchmark-").FullName;
        try
        {
            await using var nimbus = await RunningNimbus.StartAsync(["--Nimbus:RateLimit:Enabled=false", $"--Nimbus:Engine:Folder={folder}"], ct);
            using var gateway = new HttpClient { BaseAddress = nimbus.Gateway, Timeout = TimeSpan.FromMinutes(5) };
            using var api = new NimbusApi(gateway);
            var email = $"{Guid.CreateVersion7():N}@example.com";
            var session = await api.RegisterAsync(email, Password, ct: ct);
            gateway.DefaultRequestHeaders.Authorization = new("Bearer", session.AccessToken);
            var project = await LoadAsync(nimbus, gateway, api, new DataSet(events, people), ct);

            using var playwright = await Playwright.CreateAsync();
            await using var browser = await playwright.Chromium.LaunchAsync(new()
            {
                ExecutablePath = chromium,
                // Root has no sandbox, and containers have little shared memory.
                Args = ["--no-sandbox", "--disable-dev-shm-usage"],
            });
            var machine = await Machine.ThisAsync(nimbus.Events, ct);
            var seen = new BrowserSession(browser, nimbus.Gateway, email, Password, project);

            Say("first loads");
            // The first one starts up what is behind it.
            await seen.LoadAsync(Throttle.None);
            var desk = await TimesAsync(runs, _ => seen.LoadAsync(Throttle.None), ct);
            var phone = await TimesAsync(runs, _ => seen.LoadAsync(Throttle.SlowPhone), ct);
            List<(string Name, List<Clicked> Runs)> clicks = [];
            foreach (var click in Click.All)
            {
                Say(click.Name);
                clicks.Add((click.Name, await TimesAsync(runs, run => seen.ClickAsync(click, run), ct)));
            }
            Say("first events");
            var first = await TimesAsync(Math.Min(runs, 5), _ => FirstEventAsync(seen, nimbus.Gateway, api, ct), ct);

            Report.Print("dashboard", machine, new
            {
                events,
                people,
                runs,
                first_load_bytes = desk[0].Bytes,
                desk = desk.Select(load => load),
                phone = phone.Select(load => load),
                clicks = clicks.Select(click => new { click.Name, click.Runs }),
                first_event_ms = first,
            }, LoadTable(desk, phone), ClickTable(clicks, events),
                new Table("from the 202 of the first event to the screen", "median ms", "worst ms", "goal ms")
                    .Add("on a page that waits for it", Ms(Report.Median(first)), Ms(first.Max()), Goal(MostFirstEventMs)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Guid> LoadAsync(RunningNimbus nimbus, HttpClient gateway, NimbusApi api, DataSet data, CancellationToken ct)
    {
        var project = (await api.CreateProjectAsync("Shop", ct: ct)).Project.Id;
        Say($"loading {data.Events:N0} events of {data.People:N0} people");
        await data.StoreAsync(nimbus.Events, project, ct);
        Say("building");
        // 503 while it is built.
        while (true)
        {
            using var response = await gateway.SendAsync(Question.FunnelOf("built", 0, project).Request(DataSet.From.AddMinutes(1)), ct);
            if (response.IsSuccessStatusCode) return project;
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                throw new InvalidOperationException(await response.Content.ReadAsStringAsync(ct));
            await Task.Delay(100, ct);
        }
    }

    private static async Task<double> FirstEventAsync(BrowserSession seen, Uri gateway, NimbusApi api, CancellationToken ct)
    {
        var made = await api.CreateProjectAsync("New", ct: ct);
        return await seen.FirstEventAsync(made.Project.Id, async () =>
        {
            using var http = new HttpClient { BaseAddress = gateway };
            using var client = new NimbusClient(http, NimbusCredentials.Hmac(made.Project.ApiKeyId, made.ApiKeySecret));
            await client.SendAsync([new NimbusEvent("signed_up") { UserId = "ada" }], ct);
        });
    }

    private static async Task<List<T>> TimesAsync<T>(int runs, Func<int, Task<T>> run, CancellationToken ct)
    {
        List<T> found = [];
        for (var i = 0; i < runs; i++)
        {
            ct.ThrowIfCancellationRequested();
            found.Add(await run(i));
        }
        return found;
    }

    private static Table LoadTable(List<Loaded> desk, List<Loaded> phone)
    {
        var table = new Table("first load of Trends, nothing in the cache", "here", "a slow phone", "goal");
        void Row(string name, Func<Loaded, double> value, Func<double, string> text, string goal) =>
            table.Add(name, text(Report.Median(desk.Select(value))), text(Report.Median(phone.Select(value))), goal);
        Row("compressed size", load => load.Bytes, bytes => $"{bytes / 1000:N0} kB", $"< {MostBytes / 1000:N0} kB");
        Row("files", load => load.Files, Ms, "");
        Row("first contentful paint, ms", load => load.FcpMs, Ms, Goal(GoodFcpMs));
        Row("largest contentful paint, ms", load => load.LcpMs, Ms, Goal(GoodLcpMs));
        Row("layout shift", load => load.Cls, cls => cls.ToString("0.000", CultureInfo.InvariantCulture), $"< {GoodCls}");
        Row("long tasks, ms beyond 50 each", load => load.BlockedMs, Ms, Goal(GoodBlockedMs));
        Row("chart drawn, ms", load => load.DrawnMs, Ms, "");
        return table;
    }

    private static Table ClickTable(List<(string Name, List<Clicked> Runs)> clicks, long events)
    {
        var table = new Table(
            $"from the click to the chart, {events:N0} events", "drawn, median ms", "painted, median ms", "of it the server, ms", "first, drawn ms", "of it the server, ms", "goal ms");
        foreach (var (name, runs) in clicks)
        {
            var later = runs.Skip(1).DefaultIfEmpty(runs[0]).ToList();
            table.Add(name, Ms(Report.Median(later.Select(run => run.DrawnMs))), Ms(Report.Median(later.Select(run => run.PaintedMs))),
                Ms(Report.Median(later.Select(run => run.ServerMs))), Ms(runs[0].DrawnMs), Ms(runs[0].ServerMs), Goal(MostClickMs));
        }
        return table;
    }

    private static string Ms(double ms) => $"{ms:N0}";

    private static string Goal(double ms) => $"< {ms:N0}";

    private static void Say(string what) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {what}");
}
