using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

/// <summary>What is around every page: signing in and out, finding one's way, being told what went wrong.</summary>
[Collection(NimbusSystem.Collection)]
public sealed partial class ShellTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    [SkippableFact]
    public async Task Who_is_not_signed_in_is_asked_to_and_comes_to_where_they_wanted()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(nimbus);
        page.Expect(HttpStatusCode.Unauthorized);
        await page.GoAsync($"/app/p/{project.Id}/trends?range=7d");
        await page.Field("Email").FillAsync(project.Owner.Email);
        await page.Page.GetByLabel("Password").First.FillAsync("not the password");
        await page.Button("Sign in").ClickAsync();
        await page.SeeAsync("The address or the password is wrong.");
        await page.Page.GetByText(RequestId()).WaitForAsync();

        await page.Page.GetByLabel("Password").First.FillAsync(TestAccount.Password);
        await page.Button("Sign in").ClickAsync();
        await page.Heading("Trends").First.WaitForAsync();
        Assert.EndsWith("/trends?range=7d", page.Page.Url);
    }

    [SkippableFact]
    public async Task The_page_keeps_no_token_where_a_script_of_another_could_find_it_and_is_forgotten_on_signing_out()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "trends");
        await page.Heading("Trends").First.WaitForAsync();
        var kept = await page.Page.EvaluateAsync<string>("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])");
        Assert.DoesNotContain("eyJ", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("nimbus_session", kept, StringComparison.Ordinal);

        // Loaded anew, the cookie alone carries the session on.
        await page.Page.ReloadAsync();
        await page.Heading("Trends").First.WaitForAsync();

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Account" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();
        await page.Heading("Sign in").WaitForAsync();
        await page.Page.ReloadAsync();
        await page.Heading("Sign in").WaitForAsync();
    }

    [SkippableFact]
    public async Task Two_tabs_that_load_at_once_stay_signed_in()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "trends");
        await page.Heading("Trends").First.WaitForAsync();
        var other = await page.Page.Context.NewPageAsync();
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(page.Page.ReloadAsync(), other.GotoAsync(page.Page.Url));
            await page.Heading("Trends").First.WaitForAsync();
            await other.GetByRole(AriaRole.Heading, new() { Name = "Trends", Exact = true }).First.WaitForAsync();
        }
    }

    [SkippableFact]
    public async Task A_slash_searches_and_the_arrows_lead_there()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "trends");
        await page.Heading("Trends").First.WaitForAsync();
        var search = page.Page.GetByRole(AriaRole.Textbox, new() { Name = "Find a page, an event or a person", Exact = true });
        await search.WaitForAsync();
        // The page may listen a moment after it is shown.
        await Eventually.TrueAsync(async () =>
        {
            await page.Page.Keyboard.PressAsync("/");
            return await search.EvaluateAsync<bool>("field => field === document.activeElement");
        }, () => "the slash leads nowhere", TimeSpan.FromMilliseconds(Browser.PatienceMs));
        await search.FillAsync("");
        await page.Page.Keyboard.TypeAsync("sett");
        await page.Page.GetByRole(AriaRole.Option, new() { Name = "Settings", Exact = true }).WaitForAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Page.WaitForURLAsync($"**/p/{project.Id}/settings");
    }

    [SkippableFact]
    public async Task Somebody_elses_project_is_not_there()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        var stranger = await TestAccount.RegisterAsync(nimbus);
        await using var page = await browser.OpenAsync(nimbus);
        page.Expect(HttpStatusCode.NotFound);
        await page.SignInAsync(stranger);
        await page.GoAsync($"/app/p/{project.Id}/trends");
        await page.SeeAsync("you are no member of it");
    }

    [SkippableFact]
    public async Task Signing_in_looks_well()
    {
        browser.Require();
        await using var page = await browser.OpenAsync(nimbus);
        await page.GoAsync("/");
        await page.Heading("Sign in").WaitForAsync();
        await page.CheckEveryLookAsync("sign-in");
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Make one" }).ClickAsync();
        await page.Heading("Make an account").WaitForAsync();
        await page.CheckEveryLookAsync("sign-up");
    }

    [GeneratedRegex("Request [0-9a-f-]{16,}")]
    private static partial Regex RequestId();
}
