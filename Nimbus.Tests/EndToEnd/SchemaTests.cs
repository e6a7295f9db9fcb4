using System.Text.Json;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>What events and properties a project has, as the running system tells it.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class SchemaTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task Names_come_with_their_counts_and_times_by_count_then_by_name()
    {
        var project = await ExampleAsync();

        var all = await GetAsync(project, "");
        var day = await GetAsync(project, "", "&from=2026-03-02&to=2026-03-02");

        Assert.Equal(
            """{"events":[{"name":"buy","count":3,"first_seen":"2026-03-02T10:00:00.000Z","last_seen":"2026-03-03T10:00:00.000Z"},"""
            + """{"name":"a/b c","count":1,"first_seen":"2026-03-02T11:00:00.000Z","last_seen":"2026-03-02T11:00:00.000Z"}]}""",
            all);
        Assert.Equal([2, 1], JsonDocument.Parse(day).RootElement.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("count").GetInt32()));
    }

    [Fact]
    public async Task Properties_come_with_the_types_and_some_of_the_values_they_have()
    {
        var project = await ExampleAsync();
        Assert.Equal(
            """{"events_read":3,"properties":["""
            + """{"key":"plan","count":3,"types":[{"type":"string","count":2},{"type":"number","count":1}],"samples":["12","pro",12]},"""
            + """{"key":"price","count":2,"types":[{"type":"number","count":2}],"samples":[9007199254740993,9007199254740993.0]}]}""",
            await GetAsync(project, "/buy/properties"));
    }

    [Fact]
    public async Task Values_keep_their_type_and_equal_numbers_are_one()
    {
        var project = await ExampleAsync();
        Assert.Equal(
            """{"events_read":3,"values":[{"value":9007199254740993,"count":2}]}""", await GetAsync(project, "/buy/properties/price/values"));
        Assert.Equal(
            """{"events_read":3,"values":[{"value":"12","count":1},{"value":"pro","count":1},{"value":12,"count":1}]}""",
            await GetAsync(project, "/buy/properties/plan/values"));
    }

    [Theory]
    [InlineData("/a%2Fb%20c/properties/x%2fy/values", """{"events_read":1,"values":[{"value":"%2F","count":1}]}""")]
    [InlineData("/a%252Fb%20c/properties", """{"events_read":0,"properties":[]}""")]
    [InlineData("/never/properties/plan/values", """{"events_read":0,"values":[]}""")]
    [InlineData("/buy/properties/never/values", """{"events_read":3,"values":[]}""")]
    public async Task Names_and_keys_may_hold_what_a_path_may_not(string path, string expected) =>
        Assert.Equal(expected, await GetAsync(await ExampleAsync(), path));

    private async Task<TestProject> ExampleAsync()
    {
        var project = await TestProject.CreateAsync(nimbus);
        (await new SignedRequest(project, """
            {"events":[
              {"name":"buy","ts":"2026-03-02T10:00:00Z","props":{"plan":"pro","price":9007199254740993}},
              {"name":"buy","ts":"2026-03-02T10:30:00Z","props":{"plan":"12","price":9007199254740993.0}},
              {"name":"buy","ts":"2026-03-03T10:00:00Z","props":{"plan":12}},
              {"name":"a/b c","ts":"2026-03-02T11:00:00Z","props":{"x/y":"%2F"}}
            ]}
            """).SendAsync()).Dispose();
        await project.WaitForCountAsync(4);
        return project;
    }

    private static async Task<string> GetAsync(TestProject project, string path, string more = "")
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/schema/events{path}?project_id={project.Id}{more}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadAsStringAsync();
    }
}
