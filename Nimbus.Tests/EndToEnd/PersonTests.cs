using System.Net;
using System.Text.Json;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>People and what they did, as the running system tells it.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class PersonTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task A_person_has_all_their_ids_is_first_and_last_seen_under_any_and_is_found_by_the_id_of_each_part()
    {
        var project = await ExampleAsync();
        var events = await project.AllEventsAsync();
        var ada = Guid.Parse(events[0].PersonId!);

        var profile = await GetAsync(project, $"/{ada}");

        Assert.Equal(ada, profile.GetProperty("id").GetGuid());
        Assert.Equal(["a-1", "ada"], Texts(profile.GetProperty("ids")));
        Assert.Equal("2026-03-02T10:00:00.000Z", profile.GetProperty("first_seen").GetString());
        Assert.Equal("2026-03-02T13:00:00.000Z", profile.GetProperty("last_seen").GetString());
        Assert.Equal("{}", profile.GetProperty("traits").GetRawText());
    }

    [Fact]
    public async Task The_timeline_of_a_person_holds_the_events_of_every_id_newest_first_in_pages()
    {
        var project = await ExampleAsync();
        var ada = (await project.AllEventsAsync())[0].PersonId;

        var first = await GetAsync(project, $"/{ada}/events", "&limit=2");
        var second = await GetAsync(project, $"/{ada}/events", "&limit=2&cursor=" + first.GetProperty("next_cursor").GetString());

        Assert.Equal(["last", "sign up"], Names(first));
        Assert.Equal(["view"], Names(second));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next_cursor").ValueKind);
        Assert.Equal(["view"], Names(await GetAsync(project, $"/{ada}/events", "&name=view")));
    }

    [Fact]
    public async Task People_are_listed_once_and_found_by_a_part_of_any_id()
    {
        var project = await ExampleAsync();

        var first = await GetAsync(project, "", "&limit=1");
        var second = await GetAsync(project, "", "&limit=1&cursor=" + first.GetProperty("next_cursor").GetString());

        // bob and ada; nobody is no person.
        Assert.Equal(["a-1,ada", "bob"], new[] { first, second }.SelectMany(Ids).Order());
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next_cursor").ValueKind);
        Assert.Equal(["a-1,ada"], Ids(await GetAsync(project, "", "&search=A-1")));
        Assert.Empty(Ids(await GetAsync(project, "", "&search=%25")));
    }

    [Fact]
    public async Task Traits_that_an_SDK_sent_are_in_the_profile_of_the_person()
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/identify")
        {
            Content = new StringContent(
                """{"userId":"ada","anonymousId":"a-1","messageId":"m-1","traits":{"plan":"pro","n":9007199254740993}}""",
                System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(project.Project.WriteKey + ":")));
        (await nimbus.Gateway.SendAsync(request)).EnsureSuccessStatusCode().Dispose();
        await project.WaitForCountAsync(1);

        var ada = (await project.AllEventsAsync())[0].PersonId;
        var traits = (await GetAsync(project, $"/{ada}")).GetProperty("traits");

        Assert.Equal(("\"pro\"", "9007199254740993"), (traits.GetProperty("plan").GetRawText(), traits.GetProperty("n").GetRawText()));
    }

    [Theory]
    [InlineData("/019b8d57-8641-7127-b3fa-ed2a8ef6f309", "person_not_found")]
    [InlineData("/019b8d57-8641-7127-b3fa-ed2a8ef6f309/events", "person_not_found")]
    public async Task A_person_that_is_not_there_is_not_found(string path, string code)
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/persons{path}?project_id={project.Id}");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains(code, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<TestProject> ExampleAsync()
    {
        var project = await TestProject.CreateAsync(nimbus);
        (await new SignedRequest(project, """
            {"events":[
              {"name":"view","ts":"2026-03-02T10:00:00Z","anonymous_id":"a-1"},
              {"name":"sign up","ts":"2026-03-02T11:00:00Z","anonymous_id":"a-1","user_id":"ada"},
              {"name":"view","ts":"2026-03-02T12:00:00Z","user_id":"bob"},
              {"name":"last","ts":"2026-03-02T13:00:00Z","user_id":"ada"},
              {"name":"view","ts":"2026-03-02T14:00:00Z","user_id":"anonymous"}
            ]}
            """).SendAsync()).Dispose();
        await project.WaitForCountAsync(5);
        return project;
    }

    private static async Task<JsonElement> GetAsync(TestProject project, string path, string more = "")
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/persons{path}?project_id={project.Id}{more}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    private static IEnumerable<string> Ids(JsonElement page) =>
        page.GetProperty("persons").EnumerateArray().Select(person => string.Join(',', Texts(person.GetProperty("ids")).Order()));

    private static IEnumerable<string?> Names(JsonElement page) =>
        page.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("name").GetString());

    private static IEnumerable<string> Texts(JsonElement list) => list.EnumerateArray().Select(text => text.GetString()!).Order();
}
