using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;

namespace Nimbus.Benchmarks.Dashboard;

/// <summary>What a browser's own performance entries say of a first load.</summary>
/// <param name="Bytes">Of the page and its files, as they came over the wire.</param>
/// <param name="BlockedMs">What tasks took beyond 50 ms each, until the chart was drawn.</param>
internal sealed record Loaded(double Bytes, double Files, double FcpMs, double LcpMs, double Cls, double BlockedMs, double DrawnMs);

/// <summary>From a click on.</summary>
/// <param name="DrawnMs">Until the chart of the new answer was drawn.</param>
/// <param name="PaintedMs">Until the frame with it was on the screen.</param>
/// <param name="ServerMs">Of it, from the request to the last byte of the answer.</param>
internal sealed record Clicked(double DrawnMs, double PaintedMs, double ServerMs);

/// <summary>How slow the browser is made.</summary>
internal sealed record Throttle(int Cpu, double LatencyMs, double BytesPerSecond)
{
    public static readonly Throttle None = new(1, 0, -1);

    /// <summary>Lighthouse's: a processor of a quarter, 1.6 Mbit/s and 150 ms to the server.</summary>
    public static readonly Throttle SlowPhone = new(4, 150, 1_600_000 / 8.0);
}

/// <summary>Opens pages of one project, each in a browser that knows nothing yet.</summary>
internal sealed class BrowserSession(IBrowser browser, Uri gateway, string email, string password, Guid project)
{
    private const int PatienceMs = 120_000;

    // Looks on from before the first script of the page. Layout shifts count unless somebody has just typed or clicked.
    private const string Watch = """
        window.nimbusSeen = { lcp: 0, cls: 0, blocked: 0, clicked: 0, drawn: 0, painted: 0 };
        const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
        watch('largest-contentful-paint', ({ startTime }) => { nimbusSeen.lcp = startTime; });
        watch('layout-shift', ({ value, hadRecentInput }) => { if (!hadRecentInput) nimbusSeen.cls += value; });
        watch('longtask', ({ duration }) => { if (!nimbusSeen.drawn) nimbusSeen.blocked += duration - 50; });
        watch('mark', ({ name, startTime }) => {
          if (name !== 'nimbus-chart-drawn') return;
          nimbusSeen.drawn = startTime;
          // What comes after the next frame's callbacks comes after its paint.
          requestAnimationFrame(() => setTimeout(() => { nimbusSeen.painted = performance.now(); }));
        });
        addEventListener('click', ({ timeStamp }) => {
          Object.assign(nimbusSeen, { clicked: timeStamp, drawn: 0, painted: 0 });
          performance.clearResourceTimings();
        }, { capture: true });
        """;

    public Task<Loaded> LoadAsync(Throttle throttle) => OnPageAsync(throttle, async page =>
    {
        await page.GotoAsync($"/app/p/{project}/{Click.All[0].Of(0)}");
        await WaitPaintedAsync(page);
        var seen = await page.EvaluateAsync<JsonElement>("""
            () => {
              const files = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/assets/'));
              const [navigation] = performance.getEntriesByType('navigation');
              return {
                ...nimbusSeen, files: files.length,
                bytes: files.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, navigation.encodedBodySize),
                fcp: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
              };
            }
            """);
        double Of(string name) => seen.GetProperty(name).GetDouble();
        return new Loaded(Of("bytes"), Of("files"), Of("fcp"), Of("lcp"), Of("cls"), Of("blocked"), Of("drawn"));
    });

    public Task<Clicked> ClickAsync(Click click, int run) => OnPageAsync(Throttle.None, async page =>
    {
        await page.GotoAsync($"/app/p/{project}/{click.Of(run)}");
        await WaitPaintedAsync(page);
        var chart = page.GetByRole(AriaRole.Region, new() { Name = click.Chart, Exact = true }).First;
        await chart.And(page.Locator("[data-chart=drawn][aria-busy=false]")).WaitForAsync();
        await Assertions.Expect(page.Locator("[data-chart][aria-busy=true]")).ToHaveCountAsync(0, new() { Timeout = PatienceMs });
        await page.GetByRole(AriaRole.Combobox, new() { Name = click.Field, Exact = true }).First.ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = click.Option, Exact = true }).ClickAsync();
        await WaitPaintedAsync(page);
        var seen = await page.EvaluateAsync<JsonElement>("""
            () => {
              const asked = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/v1/insights/'));
              return { ...nimbusSeen, server: Math.max(0, ...asked.map(({ duration }) => duration)) };
            }
            """);
        double Of(string name) => seen.GetProperty(name).GetDouble();
        return new Clicked(Of("drawn") - Of("clicked"), Of("painted") - Of("clicked"), Of("server"));
    });

    /// <summary>From the answer to the first event until it is on the page that waits for it, in milliseconds.</summary>
    public Task<double> FirstEventAsync(Guid newProject, Func<Task> send) => OnPageAsync(Throttle.None, async page =>
    {
        await page.GotoAsync($"/app/p/{newProject}/start");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Waiting for the first event…" }).WaitForAsync();
        await send();
        var sent = Stopwatch.GetTimestamp();
        await page.GetByRole(AriaRole.Heading, new() { Name = "The first event has arrived" }).WaitForAsync();
        return Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
    });

    private async Task<T> OnPageAsync<T>(Throttle throttle, Func<IPage, Task<T>> look)
    {
        await using var context = await browser.NewContextAsync(new() { BaseURL = gateway.ToString(), ViewportSize = new() { Width = 1280, Height = 900 } });
        var answer = await context.APIRequest.PostAsync("/app/session", new()
        {
            Headers = new Dictionary<string, string> { ["X-Nimbus-Dashboard"] = "1" },
            DataObject = new { email, password },
        });
        if (!answer.Ok) throw new InvalidOperationException(await answer.TextAsync());
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(PatienceMs);
        await page.AddInitScriptAsync(Watch);
        if (throttle != Throttle.None)
        {
            var browserItself = await context.NewCDPSessionAsync(page);
            await browserItself.SendAsync("Emulation.setCPUThrottlingRate", new() { ["rate"] = throttle.Cpu });
            await browserItself.SendAsync("Network.enable");
            await browserItself.SendAsync("Network.emulateNetworkConditions", new()
            {
                ["offline"] = false,
                ["latency"] = throttle.LatencyMs,
                ["downloadThroughput"] = throttle.BytesPerSecond,
                ["uploadThroughput"] = throttle.BytesPerSecond / 2,
            });
        }
        return await look(page);
    }

    // Not by a function that the page waits for: its policy evaluates none.
    private static async Task WaitPaintedAsync(IPage page)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!await page.EvaluateAsync<bool>("nimbusSeen.painted > 0"))
        {
            if (Stopwatch.GetElapsedTime(begun).TotalMilliseconds > PatienceMs)
                throw new TimeoutException("No chart was drawn.");
            await Task.Delay(20);
        }
    }
}
