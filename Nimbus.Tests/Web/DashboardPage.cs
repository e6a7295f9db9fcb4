using System.Net;
using System.Text.Json;
using Microsoft.Playwright;
using Nimbus.Tests.EndToEnd;

namespace Nimbus.Tests.Web;

/// <summary>
/// A page of the dashboard and everything that must not happen on one: what the console complains of and what is asked of
/// another host is kept, and fails the test at its end.
/// </summary>
public sealed class DashboardPage : IAsyncDisposable
{
    private static readonly string Axe = File.ReadAllText(Path.Combine(Browser.WebFolder, "node_modules", "axe-core", "axe.min.js"));

    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];
    private readonly HashSet<int> _expected = [];
    private readonly HashSet<string> _hosts = [];

    internal DashboardPage(Uri gateway, IBrowserContext context, IPage page, Look look)
    {
        (_context, Page, Look) = (context, page, look);
        _hosts.Add(gateway.Authority);
        page.SetDefaultTimeout(Browser.PatienceMs);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !IsExpected(message.Text))
                Complain($"console: {message.Text}");
        };
        page.PageError += (_, error) => Complain($"error: {error}");
        page.Request += (_, request) =>
        {
            var address = new Uri(request.Url);
            if (address.Scheme is "http" or "https" or "ws" or "wss" && !_hosts.Contains(address.Authority))
                Complain($"request to another host: {request.Url}");
        };
    }

    public IPage Page { get; }

    public Look Look { get; private set; }

    public Task GoAsync(string path) => Page.GotoAsync(path);

    /// <summary>This answer of the server belongs to the test; browsers write a line about each.</summary>
    public void Expect(HttpStatusCode status) => _expected.Add((int)status);

    /// <summary>The test leads to this host as well, as a sign-in by another's page does.</summary>
    public void Expect(Uri host) => _hosts.Add(host.Authority);

    /// <summary>A session as the sign-in page would begin it, without its form.</summary>
    public async Task SignInAsync(TestAccount account)
    {
        var answer = await _context.APIRequest.PostAsync("/app/session", new()
        {
            Headers = new Dictionary<string, string> { ["X-Nimbus-Dashboard"] = "1" },
            DataObject = new { email = account.Email, password = TestAccount.Password },
        });
        Assert.True(answer.Ok, await answer.TextAsync());
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Field(string label) => Page.GetByLabel(label, new() { Exact = true });

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true });

    /// <summary>Waits until this stands on the page.</summary>
    public Task SeeAsync(string text) => Page.GetByText(text).First.WaitForAsync();

    /// <summary>Waits until the chart of this name is drawn.</summary>
    public async Task<ILocator> ChartAsync(string title)
    {
        var chart = Page.GetByRole(AriaRole.Region, new() { Name = title, Exact = true });
        await chart.And(Page.Locator("[data-chart=drawn][aria-busy=false]")).WaitForAsync();
        return chart;
    }

    /// <summary>Chooses in a field that offers what it takes.</summary>
    public async Task ChooseAsync(ILocator field, string option)
    {
        await field.ClickAsync();
        await Page.GetByRole(AriaRole.Option, new() { Name = option, Exact = true }).ClickAsync();
    }

    /// <summary>What is saved when this is clicked, as text.</summary>
    public async Task<string> DownloadAsync(Func<Task> click)
    {
        var download = await Page.RunAndWaitForDownloadAsync(click);
        return await File.ReadAllTextAsync(await download.PathAsync());
    }

    /// <summary>The same page in both themes and widths, each checked, without loading it anew.</summary>
    public async Task CheckEveryLookAsync(string name)
    {
        var before = Look;
        foreach (var look in Look.All)
        {
            await LookAsync(look);
            await CheckAsync(name);
        }
        await LookAsync(before);
    }

    public async Task LookAsync(Look look)
    {
        Look = look;
        await Page.SetViewportSizeAsync(look.Width, look.Height);
        await Page.EmulateMediaAsync(new() { ColorScheme = look.Theme });
        // Two frames: charts are drawn anew in the first one that knows of it.
        await Page.EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
    }

    /// <summary>
    /// Keeps a picture, and checks what is the same for every page: axe has no serious finding, and nothing is wider than the
    /// window.
    /// </summary>
    public async Task CheckAsync(string name)
    {
        await Page.EvaluateAsync("document.fonts.ready");
        await Page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Pictures, $"{name}-{Look}.png"), FullPage = true, Animations = ScreenshotAnimations.Disabled });
        var wide = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(wide <= 0, $"{name} {Look}: the page is {wide} pixels wider than the window");
        var findings = await FindingsAsync();
        Assert.Equal([], findings);
    }

    public async ValueTask DisposeAsync()
    {
        await _context.CloseAsync();
        lock (_complaints)
            Assert.Equal([], _complaints);
    }

    private async Task<string[]> FindingsAsync()
    {
        if (!await Page.EvaluateAsync<bool>("'axe' in window"))
            await Page.EvaluateAsync(Axe);
        var findings = await Page.EvaluateAsync<JsonElement>("""
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
              .filter(({ impact }) => impact === 'serious' || impact === 'critical')
              .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`))
            """);
        return [.. findings.EnumerateArray().Select(finding => finding.GetString()!)];
    }

    private bool IsExpected(string message) =>
        _expected.Any(status => message.Contains($"status of {status} ", StringComparison.Ordinal));

    private void Complain(string what)
    {
        lock (_complaints)
            _complaints.Add(what);
    }
}
