using System.Net.Http.Headers;
using System.Text;
using Microsoft.Playwright;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

[Collection(NimbusSystem.Collection)]
public sealed class HealthPageTests(NimbusSystem nimbus, Browser browser) : IClassFixture<Browser>
{
    [SkippableFact]
    public async Task What_could_not_be_stored_is_corrected_and_stored_and_the_rest_given_up()
    {
        browser.Require();
        var project = await TestProject.CreateAsync(nimbus);
        await SendRefusedAsync(project, 2);
        await using var page = await browser.OpenAsync(project, "health");
        await Assertions.Expect(page.Page.GetByText("unknown_type")).ToHaveCountAsync(2);
        await page.CheckEveryLookAsync("health-dead-letters");

        await page.Button("Correct and store").First.ClickAsync();
        var dialog = page.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("The event as it came").FillAsync("{\"name\":");
        await dialog.GetByText("This is no JSON object.").WaitForAsync();
        await dialog.GetByLabel("The event as it came").FillAsync("""{"name":"mended","user_id":"ada"}""");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Store it now" }).ClickAsync();
        await Assertions.Expect(page.Page.GetByText("unknown_type")).ToHaveCountAsync(1);
        await project.WaitForCountAsync(1);

        await page.Button("Delete all").ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Delete all" }).ClickAsync();
        await page.SeeAsync("Nothing was left behind");
    }

    private async Task SendRefusedAsync(TestProject project, int count)
    {
        var elements = Enumerable.Range(0, count).Select(i => $$"""{"type":"nonsense","userId":"ada","messageId":"{{i}}"}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/batch")
        {
            Content = new StringContent($$"""{"batch":[{{string.Join(',', elements)}}]}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(project.Project.WriteKey + ":")));
        using var answer = await nimbus.Gateway.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        await Eventually.TrueAsync(
            async () => (await project.Api.GetDeadLettersAsync(project.Id)).DeadLetters.Count == count, () => "the letters are not there",
            TimeSpan.FromMilliseconds(Browser.PatienceMs));
    }
}
