using System.Net;
using System.Net.Http.Json;
using Microsoft.Playwright;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Identity;

namespace Nimbus.Tests.Web;

/// <summary>Coming to a project and going from it, and from Nimbus.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class MembershipTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    [SkippableFact]
    public async Task Who_is_invited_makes_an_account_and_is_in_and_leaves_again()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        var link = await InviteAsync(project, "viewer");
        await using var page = await browser.OpenAsync(nimbus);
        await page.GoAsync(link);
        await page.Heading("You are invited").WaitForAsync();
        Assert.DoesNotContain(link[^20..], page.Page.Url, StringComparison.Ordinal);
        await page.CheckEveryLookAsync("invitation");
        await page.Field("Your name").FillAsync("Grace");
        await page.Field("Email").FillAsync($"{Guid.CreateVersion7():N}@example.com");
        await page.Page.GetByLabel("Password").First.FillAsync(TestAccount.Password);
        await page.Button("Make the account").ClickAsync();
        await page.Button("Project: Shop").WaitForAsync();

        await page.GoAsync($"/app/p/{project.Id}/settings");
        await page.Button("Leave the project").ClickAsync();
        await page.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Leave the project" }).ClickAsync();
        await page.Heading("Name your project").WaitForAsync();

        // The link was good once.
        await using var late = await browser.OpenAsync(nimbus);
        late.Expect(HttpStatusCode.BadRequest);
        late.Expect(HttpStatusCode.NotFound);
        late.Expect(HttpStatusCode.Gone);
        await late.SignInAsync(await TestAccount.RegisterAsync(nimbus));
        await late.GoAsync(link);
        await late.Button("Accept the invitation").ClickAsync();
        await late.SeeAsync("That did not work");
    }

    [SkippableFact]
    public async Task Who_has_an_account_accepts_an_invitation_with_it()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        var account = await TestAccount.RegisterAsync(nimbus);
        await using var page = await browser.OpenAsync(nimbus);
        await page.GoAsync(await InviteAsync(project, "analyst"));
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await page.Field("Email").FillAsync(account.Email);
        await page.Page.GetByLabel("Password").First.FillAsync(TestAccount.Password);
        await page.Button("Sign in").ClickAsync();
        await page.Button("Accept the invitation").WaitForAsync();
        await page.CheckEveryLookAsync("invitation-accept");
        await page.Button("Accept the invitation").ClickAsync();
        await page.Button("Project: Shop").WaitForAsync();
    }

    [SkippableFact]
    public async Task A_project_and_then_the_account_are_deleted()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "settings");
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await page.Button("Delete the project").ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Delete the project" })).ToBeDisabledAsync();
        await dialog.GetByLabel("Type “Shop” to delete it").FillAsync("Shop");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Delete the project" }).ClickAsync();
        await page.Heading("Name your project").WaitForAsync();

        await page.GoAsync("/app/account");
        await page.Button("Delete the account").ClickAsync();
        await dialog.GetByLabel("Current password").First.FillAsync(TestAccount.Password);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Delete my account" }).ClickAsync();
        await page.Heading("Sign in").WaitForAsync();
    }

    /// <summary>The invitation's link, as the dashboard of this gateway opens it.</summary>
    private static async Task<string> InviteAsync(TestProject project, string role)
    {
        using var body = JsonContent.Create(new { role });
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/projects/{project.Id}/invitations", body);
        var link = (await answer.JsonAsync(HttpStatusCode.Created)).GetProperty("link").GetString()!;
        return link[link.IndexOf("/#/", StringComparison.Ordinal)..];
    }
}
