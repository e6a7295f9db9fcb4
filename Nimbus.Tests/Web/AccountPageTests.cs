using Microsoft.Playwright;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

[Collection(NimbusSystem.Collection)]
public sealed class AccountPageTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    [SkippableFact]
    public async Task A_token_is_made_and_works_and_a_new_password_keeps_this_session()
    {
        browser.Require();
        var account = await TestAccount.RegisterAsync(nimbus);
        await using var page = await browser.OpenAsync(nimbus);
        await page.SignInAsync(account);
        await page.GoAsync("/app/account");
        await page.Field("What it is for").FillAsync("Nightly report");
        await page.Button("Make a token").ClickAsync();
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        var token = await dialog.GetByText("nbp_").TextContentAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/projects");
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await nimbus.Gateway.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await page.SeeAsync("Nightly report");

        await page.Page.GetByLabel("Current password").First.FillAsync(TestAccount.Password);
        await page.Page.GetByLabel("New password").First.FillAsync("another horse battery");
        await page.Button("Change the password").ClickAsync();
        await page.SeeAsync("The password is changed.");
        await page.Page.ReloadAsync();
        await page.SeeAsync(account.Email);
    }

    [SkippableFact]
    public async Task The_account_looks_well()
    {
        browser.Require();
        var account = await TestAccount.RegisterAsync(nimbus);
        await using var page = await browser.OpenAsync(nimbus);
        await page.SignInAsync(account);
        await page.GoAsync("/app/account");
        await page.SeeAsync("this one");
        await page.CheckEveryLookAsync("account");
    }
}
