using Microsoft.Playwright;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

/// <summary>One Chromium for the tests of a class. Each test opens pages of its own, which share nothing.</summary>
public sealed class Browser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _chromium;
    private string? _missing;

    /// <summary>Where the pictures of the pages are left, and what axe is read from.</summary>
    public static string Pictures { get; } = Path.Combine(TestData.RepositoryRoot, "Nimbus.Tests", "TestResults", "dashboard");

    /// <summary>How long anything on a page may take: browsers share a slow machine with all that they look at.</summary>
    public const int PatienceMs = 60_000;

    public static string WebFolder { get; } = Path.Combine(TestData.RepositoryRoot, "Nimbus.Web");

    public async Task InitializeAsync()
    {
        if (!Directory.Exists(Path.Combine(AppContext.BaseDirectory, "dashboard")))
        {
            _missing = "the dashboard was not built here: it needs Node.js and the packages of Nimbus.Web/package-lock.json";
            return;
        }
        var path = await Chromium.PathAsync();
        if (path.Length == 0)
        {
            _missing = Chromium.Missing;
            return;
        }
        Directory.CreateDirectory(Pictures);
        Assertions.SetDefaultExpectTimeout(PatienceMs);
        _playwright = await Playwright.CreateAsync();
        _chromium = await _playwright.Chromium.LaunchAsync(new()
        {
            Timeout = PatienceMs,
            ExecutablePath = path,
            // Root has no sandbox, and containers have little shared memory.
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        });
    }

    public async Task DisposeAsync()
    {
        if (_chromium is not null)
            await _chromium.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Skips the test, with the reason, where there is no browser or no dashboard.</summary>
    public void Require() => Skip.If(_missing is not null, _missing);

    /// <summary>A page in a browser where nobody is signed in.</summary>
    public Task<DashboardPage> OpenAsync(NimbusSystem nimbus, Look? look = null) => OpenAsync(nimbus.Gateway.BaseAddress!, look);

    /// <summary>The same of another gateway.</summary>
    public async Task<DashboardPage> OpenAsync(Uri gateway, Look? look = null)
    {
        Require();
        look ??= new Look();
        var context = await _chromium!.NewContextAsync(new()
        {
            BaseURL = gateway.ToString(),
            ViewportSize = new() { Width = look.Width, Height = look.Height },
            ColorScheme = look.Theme,
            ReducedMotion = ReducedMotion.Reduce,
            AcceptDownloads = true,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        return new DashboardPage(gateway, context, await context.NewPageAsync(), look);
    }

    /// <summary>A page at an address behind /app/p/{project}/, signed in as the project's owner.</summary>
    public async Task<DashboardPage> OpenAsync(TestProject project, string page, Look? look = null)
    {
        var opened = await OpenAsync(project.Owner.Nimbus, look);
        await opened.SignInAsync(project.Owner);
        await opened.GoAsync($"/app/p/{project.Id}/{page}");
        return opened;
    }
}

/// <summary>How a page is looked at.</summary>
public sealed record Look(int Width = 1280, bool Dark = false)
{
    /// <summary>Both themes and two widths, each at least once.</summary>
    public static readonly Look[] All = [new(), new(Dark: true), new(360), new(360, Dark: true)];

    public int Height => Width < 600 ? 740 : 900;

    public ColorScheme Theme => Dark ? ColorScheme.Dark : ColorScheme.Light;

    public override string ToString() => $"{Width}-{(Dark ? "dark" : "light")}";
}
