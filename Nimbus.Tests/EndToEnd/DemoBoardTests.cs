using System.Text.Json;
using Nimbus.Cli.Demo;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Identity;

namespace Nimbus.Tests.EndToEnd;

[Collection(NimbusSystem.Collection)]
public sealed class DemoBoardTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task What_a_demo_saves_is_answered_by_the_running_system()
    {
        var project = await TestProject.CreateAsync(nimbus);
        Assert.Null(await DemoBoard.MakeAsync(nimbus.Gateway.BaseAddress!, project.Owner.Session.AccessToken, project.Project, default));

        var dashboard = Assert.Single((await GetAsync(project, $"/v1/dashboards?project_id={project.Id}")).GetProperty("dashboards").EnumerateArray());
        var answers = await GetAsync(project, $"/v1/dashboards/{dashboard.GetProperty("id").GetGuid()}/answers?project_id={project.Id}");
        Assert.Equal(6, answers.GetProperty("tiles").GetArrayLength());
        Assert.All(answers.GetProperty("tiles").EnumerateArray(), tile => Assert.Equal(JsonValueKind.Null, tile.GetProperty("problem").ValueKind));
        Assert.Equal(3, (await GetAsync(project, $"/v1/cohorts?project_id={project.Id}")).GetProperty("cohorts").GetArrayLength());
        await Eventually.TrueAsync(
            async () => (await project.Api.GetDeadLettersAsync(project.Id)).DeadLetters.Count == 1, () => "no dead letter", TimeSpan.FromSeconds(60));
    }

    private static async Task<JsonElement> GetAsync(TestProject project, string path)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Get, path);
        return await answer.JsonAsync();
    }
}
