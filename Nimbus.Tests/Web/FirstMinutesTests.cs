using System.Diagnostics;
using Microsoft.Playwright;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

[Collection(NimbusSystem.Collection)]
public sealed class FirstMinutesTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    [SkippableFact]
    public async Task From_signing_up_to_the_first_event_on_the_screen()
    {
        await using var page = await browser.OpenAsync(nimbus);
        await page.GoAsync("/");
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Make one" }).ClickAsync();
        await page.Field("Your name").FillAsync("Grace");
        await page.Field("Email").FillAsync($"{Guid.CreateVersion7():N}@example.com");
        await page.Page.GetByLabel("Password").First.FillAsync(TestAccount.Password);
        await page.Button("Make the account").ClickAsync();

        await page.Heading("Name your project").WaitForAsync();
        await page.CheckEveryLookAsync("new-project");
        await page.Field("Name").FillAsync("Tea shop");
        await page.Button("Create the project").ClickAsync();

        await page.Heading("Waiting for the first event…").WaitForAsync();
        await page.SeeAsync("The secret is shown this once.");
        var keys = await page.Page.Locator("dl code").AllTextContentsAsync();
        Assert.Collection(keys,
            id => Assert.StartsWith("nbk_", id), secret => Assert.StartsWith("nbs_", secret), write => Assert.StartsWith("nbw_", write));
        await page.CheckAsync("first-minutes");

        // What is on the screen, pasted into a shell.
        var curl = await page.Page.GetByLabel("curl", new() { Exact = true }).Locator("code").TextContentAsync();
        Assert.Contains(keys[2], curl, StringComparison.Ordinal);
        await RunAsync("bash", "-c", curl!);
        await page.Heading("The first event has arrived").WaitForAsync();
        await page.Page.GetByRole(AriaRole.List, new() { Name = "What arrived" }).GetByText("signed_up").WaitForAsync();
        await page.CheckEveryLookAsync("first-event");

        await page.Page.GetByRole(AriaRole.Tab, new() { Name = "Python" }).ClickAsync();
        var python = await page.Page.GetByLabel("Python", new() { Exact = true }).Locator("code").TextContentAsync();
        Assert.Contains(keys[1], python, StringComparison.Ordinal);
        if (File.Exists("/usr/bin/python3"))
        {
            await RunAsync("/usr/bin/python3", "-c", python!);
            await page.Page.GetByRole(AriaRole.List, new() { Name = "What arrived" }).GetByRole(AriaRole.Listitem).Nth(1).WaitForAsync();
        }

        // The secret is not to be had a second time.
        await page.Page.ReloadAsync();
        await page.Heading("Your keys").WaitForAsync();
        await Assertions.Expect(page.Page.Locator("dl code")).ToHaveTextAsync([keys[0], keys[2]]);
    }

    [SkippableFact]
    public async Task Waiting_for_the_first_event_looks_well()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "start");
        await page.Heading("Waiting for the first event…").WaitForAsync();
        await page.CheckEveryLookAsync("start");
    }

    private static async Task RunAsync(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, said);
    }
}
