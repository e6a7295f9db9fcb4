using Microsoft.Playwright;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

[Collection(NimbusSystem.Collection)]
public sealed class SettingsPageTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    [SkippableFact]
    public async Task A_key_is_made_shown_once_and_taken_back()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "settings?tab=keys");
        await page.Page.GetByText("Secret", new() { Exact = true }).Last.ClickAsync();
        await page.Field("What it is for").FillAsync("The warehouse");
        await page.Button("Make a key").ClickAsync();
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByText("nbs_").WaitForAsync();
        await page.CheckAsync("settings-new-key");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();

        await page.SeeAsync("The warehouse");
        await page.Button("Delete this key").ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Delete this key" }).ClickAsync();
        await page.Page.GetByText("The warehouse").WaitForAsync(new() { State = WaitForSelectorState.Detached });
    }

    [SkippableFact]
    public async Task Who_is_added_may_look_and_not_manage()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        var other = await TestAccount.RegisterAsync(nimbus);
        await using (var page = await browser.OpenAsync(project, "settings?tab=members"))
        {
            await page.Field("Email").FillAsync(other.Email);
            await page.ChooseAsync(page.Page.GetByRole(AriaRole.Combobox, new() { Name = "Role", Exact = true }), "Viewer");
            await page.Button("Add a member").ClickAsync();
            await page.Page.GetByRole(AriaRole.Combobox, new() { Name = $"Role: {other.Email}" }).WaitForAsync();

            await page.Button("Make an invitation link").ClickAsync();
            await page.Page.GetByRole(AriaRole.Dialog).GetByText("/#/invitation/").WaitForAsync();
        }
        await using var theirs = await browser.OpenAsync(nimbus);
        await theirs.SignInAsync(other);
        await theirs.GoAsync($"/app/p/{project.Id}/settings?tab=keys");
        await theirs.SeeAsync("Only admins and owners see this.");
    }

    [SkippableFact]
    public async Task Name_and_time_zone_retention_and_traffic_are_changed()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "settings");
        await page.Field("Name").FillAsync("Tea shop");
        await page.Button("Save").ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Project: Tea shop" }).WaitForAsync();

        await page.Page.GetByRole(AriaRole.Tab, new() { Name = "Data" }).ClickAsync();
        await page.Field("Days to keep events").FillAsync("400");
        await page.Page.RunAndWaitForResponseAsync(() => page.Button("Save").First.ClickAsync(), response => response is { Request.Method: "PATCH", Ok: true });
        await page.Page.ReloadAsync();
        await Assertions.Expect(page.Field("Days to keep events")).ToHaveValueAsync("400");

        await page.Page.GetByRole(AriaRole.Tab, new() { Name = "Audit" }).ClickAsync();
        await page.SeeAsync("project.created");
    }

    [SkippableFact]
    public async Task Settings_look_well()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "settings");
        foreach (var (tab, see) in new[] { ("general", "Delete the project"), ("keys", "Replace the main keys"), ("members", "No open invitations."), ("data", "Days to keep events"), ("audit", "project.created") })
        {
            await page.GoAsync($"/app/p/{project.Id}/settings?tab={tab}");
            await page.SeeAsync(see);
            await page.CheckEveryLookAsync($"settings-{tab}");
        }
    }
}
