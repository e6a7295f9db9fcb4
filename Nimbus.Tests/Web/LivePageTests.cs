using Microsoft.Playwright;
using Nimbus.Client;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

[Collection(NimbusSystem.Collection)]
public sealed class LivePageTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    [SkippableFact]
    public async Task Events_appear_as_they_come_and_wait_while_paused()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus, "Asia/Tokyo");
        await using var page = await browser.OpenAsync(project, "live");
        await page.SeeAsync("Connected");
        await project.SendAsync(new NimbusEvent("order.paid") { UserId = "ada", PropertiesJson = """{"plan":"pro"}""" });
        await page.Page.GetByRole(AriaRole.Listitem).GetByText("order.paid").First.WaitForAsync();

        await page.Button("Pause").ClickAsync();
        await project.SendAsync(new NimbusEvent("order.refunded") { UserId = "bob" });
        await page.SeeAsync("Paused; 1 came since");
        Assert.Equal(0, await page.Page.GetByRole(AriaRole.Button, new() { Name = "order.refunded" }).CountAsync());
        await page.Button("Go on").ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "order.refunded" }).WaitForAsync();
    }

    [SkippableFact]
    public async Task Live_looks_well()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "live");
        await page.SeeAsync("Connected");
        await project.SendAsync([.. Enumerable.Range(0, 12).Select(i => new NimbusEvent(i % 3 == 0 ? "order.paid" : "page.viewed") { UserId = $"user-{i}", PropertiesJson = $$"""{"n":{{i}}}""" })]);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "order.paid" }).First.WaitForAsync();
        await page.CheckEveryLookAsync("live");
    }
}
