using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

/// <summary>How much comes over the wire. How long it takes, the benchmark <c>dashboard</c> measures on a quiet machine.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class LoadTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    private const int MostBytes = 350_000;

    [SkippableFact]
    public async Task The_first_load_is_small()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await using var page = await browser.OpenAsync(project, "trends");
        await page.Heading("Trends").First.WaitForAsync();
        await page.SeeAsync("No events in this range");
        var bytes = await page.Page.EvaluateAsync<int>("""
            performance.getEntriesByType('resource').filter(({ name }) => name.includes('/assets/'))
              .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, performance.getEntriesByType('navigation')[0].encodedBodySize)
            """);
        Assert.InRange(bytes, 100_000, MostBytes);
    }
}
