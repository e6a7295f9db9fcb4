using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Events that could not be stored: seen as they were received, stored again, given up.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class DeadLetterTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task A_refused_element_of_an_SDK_is_stored_once_however_often_its_correction_is_replayed()
    {
        var project = await WithRefusedElementAsync();
        var letter = await OnlyLetterAsync(project);
        Assert.Equal(("unknown_type", 1, 1, true), (letter.Reason, letter.Attempts, letter.Index, letter.NeedsCorrection));
        Assert.Equal("nonsense", letter.Event.GetProperty("type").GetString());

        var asItIs = await Assert.ThrowsAsync<NimbusException>(() => project.Api.ReplayDeadLetterAsync(project.Id, letter.Id));
        Assert.Equal((HttpStatusCode.BadRequest, "needs_correction"), (asItIs.Status!.Value, asItIs.Code));
        var wrong = await Assert.ThrowsAsync<NimbusException>(
            () => project.Api.ReplayDeadLetterAsync(project.Id, letter.Id, JsonElement.Parse("""{"name":""}""")));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_name"), (wrong.Status!.Value, wrong.Code));
        Assert.Equal(letter.Id, (await OnlyLetterAsync(project)).Id);

        // Both are in the stream before or while the first is stored; a marker behind them shows that no second one comes.
        var corrected = JsonElement.Parse("""{"name":"mended","user_id":"ada"}""");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ReplayOrGoneAsync(project, letter.Id, corrected)));
        await GoneAsync(project);
        await project.SendAsync(new NimbusEvent("marker"));
        await project.WaitForCountAsync(3);
        var mended = Assert.Single(await project.AllEventsAsync(), e => e.Name == "mended");
        Assert.True(mended.Ts < letter.CreatedAt, "the event has the time of the replay");
    }

    [Fact]
    public async Task What_the_database_refuses_keeps_its_neighbours_company_no_longer_and_is_replayed_when_it_takes_it()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await using (await PoisonAsync(project))
        {
            await project.SendAsync(
                new NimbusEvent("good"), new NimbusEvent("poison") { UserId = "ada", IdempotencyKey = "k", Timestamp = Noon }, new NimbusEvent("good"));
            await project.WaitForCountAsync(2);
            var letter = await OnlyLetterAsync(project);
            Assert.Equal(("cannot_be_stored", 1, 1, false), (letter.Reason, letter.Attempts, letter.Index, letter.NeedsCorrection));
            Assert.Equal("poison", letter.Event.GetProperty("name").GetString());
            Assert.Contains("refused by a test", letter.Detail, StringComparison.Ordinal);

            Assert.Equal(1, (await project.Api.ReplayDeadLettersAsync(project.Id)).Replayed);
            await Eventually.TrueAsync(
                async () => (await OnlyLetterAsync(project)) is { Attempts: 2 } again && again.Id == letter.Id, () => "not tried again", TimeSpan.FromSeconds(20));
        }

        Assert.Equal(1, (await project.Api.ReplayDeadLettersAsync(project.Id)).Replayed);
        await GoneAsync(project);
        await project.WaitForCountAsync(3);
        var stored = Assert.Single(await project.AllEventsAsync(), e => e.Name == "poison");
        Assert.Equal((Noon, "ada"), (stored.Ts, stored.UserId));
    }

    [Fact]
    public async Task The_command_lists_replays_and_deletes()
    {
        var project = await WithRefusedElementAsync();
        var letter = await OnlyLetterAsync(project);
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "event.json");
        await File.WriteAllTextAsync(file, """{"name":"mended"}""");

        var (listed, line) = await RunAsync(project, "list");
        Assert.Equal((0, letter.Id), (listed, JsonElement.Parse(line).GetProperty("id").GetGuid()));
        var (all, said) = await RunAsync(project, "replay");
        Assert.Equal(2, all);
        Assert.Contains("0 letters are on their way, 1 stay", said, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync(project, "delete")).ExitCode);
        Assert.Equal(0, (await RunAsync(project, "replay", $"{letter.Id}", "--event", file)).ExitCode);
        await GoneAsync(project);
        Assert.Contains("deleted: 0", (await RunAsync(project, "delete", "--all")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_state_of_ingestion_tells_of_the_projects_own_letters()
    {
        var (project, other) = (await WithRefusedElementAsync(), await TestProject.CreateAsync(nimbus));
        await OnlyLetterAsync(project);
        foreach (var (one, letters) in new[] { (project, 1), (other, 0) })
        {
            using var answer = await one.Owner.SendAsync(HttpMethod.Get, $"/v1/projects/{one.Id}/ingestion");
            var state = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
            Assert.Equal(letters, state.GetProperty("dead_letters").GetInt64());
            Assert.True(state.GetProperty("lag_seconds").GetDouble() >= 0 && state.GetProperty("waiting_requests").GetInt64() >= 0);
        }
    }

    [Fact]
    public async Task Letters_are_for_owners_and_admins()
    {
        var project = await WithRefusedElementAsync();
        var letter = await OnlyLetterAsync(project);
        var path = $"/v1/projects/{project.Id}/dead-letters";
        foreach (var role in (string[])["viewer", "analyst"])
        {
            var member = await TestAccount.RegisterAsync(nimbus);
            using var added = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/projects/{project.Id}/members", Json($$"""{"email":"{{member.Email}}","role":"{{role}}"}"""));
            Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync());
            foreach (var (method, route) in Routes(path, letter.Id))
            {
                using var answer = await member.SendAsync(method, route, method == HttpMethod.Post ? Json("{}") : null);
                Assert.Equal((route, HttpStatusCode.Forbidden), (route, answer.StatusCode));
            }
        }

        var other = await TestProject.CreateAsync(nimbus);
        using (var foreign = await other.Owner.SendAsync(HttpMethod.Delete, $"/v1/projects/{other.Id}/dead-letters/{letter.Id}"))
            Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        await OnlyLetterAsync(project);
        await project.Api.DeleteDeadLetterAsync(project.Id, letter.Id);
        Assert.Empty((await project.Api.GetDeadLettersAsync(project.Id)).DeadLetters);
    }

    [Fact]
    public async Task A_list_of_letters_pages_through_all_of_them_once()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await SendToSegmentAsync(project, [.. Enumerable.Range(0, 7).Select(i => $$"""{"type":"nonsense","n":{{i}}}""")]);
        await LettersAsync(project, 7);
        var seen = new List<int>();
        string? cursor = null;
        do
        {
            var page = await project.Api.GetDeadLettersAsync(project.Id, 3, cursor);
            seen.AddRange(page.DeadLetters.Select(letter => letter.Event.GetProperty("n").GetInt32()));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Range(0, 7), seen);
        using var wrong = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/projects/{project.Id}/dead-letters?limit=0&cursor=x");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Equal(7, await project.Api.DeleteDeadLettersAsync(project.Id));
    }

    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private static (HttpMethod Method, string Route)[] Routes(string path, Guid letter) =>
    [
        (HttpMethod.Get, path), (HttpMethod.Delete, path), (HttpMethod.Post, path + "/replay"),
        (HttpMethod.Post, $"{path}/{letter}/replay"), (HttpMethod.Delete, $"{path}/{letter}"),
    ];

    private async Task<TestProject> WithRefusedElementAsync()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await SendToSegmentAsync(
            project, """{"type":"track","event":"good","userId":"ada","messageId":"1"}""", """{"type":"nonsense","userId":"ada","messageId":"2"}""");
        await project.WaitForCountAsync(1);
        return project;
    }

    private async Task SendToSegmentAsync(TestProject project, params string[] elements)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/batch") { Content = Json($$"""{"batch":[{{string.Join(',', elements)}}]}""") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(project.Project.WriteKey + ":")));
        using var answer = await nimbus.Gateway.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<DeadLetter> OnlyLetterAsync(TestProject project) => (await LettersAsync(project, 1)).Single();

    private static async Task<IReadOnlyList<DeadLetter>> LettersAsync(TestProject project, int count)
    {
        IReadOnlyList<DeadLetter> letters = [];
        await Eventually.TrueAsync(
            async () => (letters = (await project.Api.GetDeadLettersAsync(project.Id)).DeadLetters).Count == count,
            () => $"{letters.Count} letters, not {count}", TimeSpan.FromSeconds(20));
        return letters;
    }

    private static async Task GoneAsync(TestProject project) => Assert.Empty(await LettersAsync(project, 0));

    private static async Task ReplayOrGoneAsync(TestProject project, Guid letter, JsonElement corrected)
    {
        try
        {
            await project.Api.ReplayDeadLetterAsync(project.Id, letter, corrected);
        }
        catch (NimbusException gone) when (gone.Status == HttpStatusCode.NotFound)
        {
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(TestProject project, params string[] arguments)
    {
        await using var command = NimbusCommand.Start(
            ["dead-letters", .. arguments, "--project", $"{project.Id}", "--token", project.Owner.Session.AccessToken,
                "--url", project.Owner.Nimbus.Gateway.BaseAddress!.ToString()]);
        return await command.EndAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Has PostgreSQL refuse the project's events named poison, as a fault of the data, until disposed.</summary>
    private async Task<IAsyncDisposable> PoisonAsync(TestProject project)
    {
        var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        var name = string.Create(CultureInfo.InvariantCulture, $"poison_{project.Id:N}");
        await using var command = database.CreateCommand($"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT FROM event_names n WHERE n.project_id = NEW.project_id AND n.code = NEW.name_code AND n.name = 'poison') THEN
                    RAISE EXCEPTION 'refused by a test' USING ERRCODE = '22000';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER {name} BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.project_id = '{project.Id}') EXECUTE FUNCTION {name}();
            """);
        await command.ExecuteNonQueryAsync();
        return new Poison(database, name);
    }

    private sealed class Poison(NpgsqlDataSource database, string name) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (var command = database.CreateCommand($"DROP TRIGGER {name} ON events; DROP FUNCTION {name}();"))
                await command.ExecuteNonQueryAsync();
            await database.DisposeAsync();
        }
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
