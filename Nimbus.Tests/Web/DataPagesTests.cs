using Microsoft.Playwright;
using Nimbus.Client;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

/// <summary>The pages of people, cohorts and the pipeline.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class DataPagesTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    /// <summary>Such as applications make them: no line has a place to break it at.</summary>
    private const string LongId = "customer_01a1fe12fa287b2795a0dfbd07b0c5c901a1fe12fa28";

    [SkippableTheory]
    [InlineData("people", "ada")]
    [InlineData("cohorts", "New cohort")]
    [InlineData("dashboards", "No dashboard yet")]
    [InlineData("health", "Nothing was left behind")]
    public async Task A_page_looks_well(string address, string shows)
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, address);
        // In the page itself: beside it stands who is signed in.
        await page.Page.Locator("main").GetByText(shows).First.WaitForAsync();
        await page.CheckEveryLookAsync(address);
    }

    [SkippableFact]
    public async Task Two_people_are_merged_and_parted_again()
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, "people?search=ada");
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "ada", Exact = true }).ClickAsync();
        await page.Field("Merge with").FillAsync(LongId);
        await page.Button("Merge").ClickAsync();
        var ids = page.Page.GetByRole(AriaRole.Listitem).GetByText(LongId, new() { Exact = true });
        await ids.WaitForAsync();
        await page.CheckEveryLookAsync("person");
        await page.Button("Take back").ClickAsync();
        await ids.WaitForAsync(new() { State = WaitForSelectorState.Hidden });

        await page.GoAsync($"/app/p/{project.Id}/people?search={LongId}");
        await page.Page.GetByRole(AriaRole.Link, new() { Name = LongId }).ClickAsync();
        await page.Heading(LongId).WaitForAsync();
        await page.CheckEveryLookAsync("person-long");
    }

    [SkippableFact]
    public async Task A_cohort_of_a_list_leaves_out_who_is_nobody()
    {
        browser.Require();
        var project = await ProjectAsync();
        await using var page = await browser.OpenAsync(project, "cohorts");
        await page.Field("Name").FillAsync("Friends");
        await page.ChooseAsync(page.Page.GetByRole(AriaRole.Combobox, new() { Name = "Made of" }), "a list of ids");
        await page.Field("Ids, one a line").FillAsync("ada\nsomebody else");
        await page.Button("Create").ClickAsync();
        await page.Page.GetByText("1 of these ids are nobody’s here and were left out.").WaitForAsync();
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Friends" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "ada", Exact = true }).WaitForAsync();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Link, new() { Name = "bob", Exact = true })).ToHaveCountAsync(0);
    }

    private async Task<TestProject> ProjectAsync()
    {
        var project = await TestProject.CreateAsync(nimbus, "Europe/Berlin");
        await project.SendAsync([.. new[] { "ada", "bob", LongId }.Select(id => new NimbusEvent("view") { UserId = id })]);
        await project.WaitForCountAsync(3);
        return project;
    }
}
