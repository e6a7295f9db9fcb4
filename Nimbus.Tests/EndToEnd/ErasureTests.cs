using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.Tests.EndToEnd;

/// <summary>People taken out for good: from every answer at once, and from every file when the receipt says so.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class ErasureTests(NimbusSystem nimbus)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly DateTimeOffset Ten = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [SkippableFact]
    public async Task An_erased_person_is_in_no_answer_at_once_and_in_no_file_when_the_receipt_says_complete()
    {
        await nimbus.RequireKillAsync("ingest-writer");
        // Both of one length and alike, so that whatever is found of one would be found of the other.
        var (erased, kept) = ($"gone-{Guid.NewGuid():N}", $"kept-{Guid.NewGuid():N}");
        var project = await TestProject.CreateAsync(nimbus);
        var without = await TestProject.CreateAsync(nimbus);
        await SendEverythingAsync(project, [erased, kept]);
        await SendEverythingAsync(without, [kept]);
        await project.WaitForCountAsync(10);
        await without.WaitForCountAsync(5);
        await LettersAsync(project, 2);
        await AnalyzeAsync();
        var found = await FilesWithAsync(erased);
        Assert.Contains(found, file => file.Contains("/base/", StringComparison.Ordinal));
        Assert.Contains(found, file => file.Contains("/pg_wal/", StringComparison.Ordinal));
        Assert.Contains(found, file => file.Contains("appendonly", StringComparison.Ordinal));
        var person = await PersonOfAsync(project, erased);

        Guid erasure;
        var reading = await ReadingAsync("trait_writes");
        await using (await nimbus.SuspendAsync("ingest-writer"))
        {
            // Still in the stream, and of before the erasure.
            await SendAsync(project, erased, "late");
            erasure = await EraseAsync(project, person);

            var answers = await Answers.OfAsync(project);
            Assert.DoesNotContain(erased, string.Concat(answers.Values), StringComparison.Ordinal);
            Assert.DoesNotContain(person.ToString(), string.Concat(answers.Values), StringComparison.Ordinal);
            Assert.Equal(5, await project.CountAsync());
            Assert.Equal("running", (await ReceiptAsync(project, erasure)).GetProperty("status").GetString());
            Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(project, $"/v1/persons/{person}"));
            Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(project, $"/v1/persons/{person}/merges"));
            // Asking for it again changes nothing.
            Assert.Equal(erasure, await EraseAsync(project, person));
            Assert.Single(await LettersAsync(project, 1));
        }
        // One table could not be rewritten, being read: in the middle of its work the job is killed.
        await using (reading)
        {
            await PlaceAsync(project, erasure, "ids", "rewritten");
            await nimbus.KillAsync("ingest-writer");
            Assert.Equal("waiting", (await PlaceAsync(project, erasure, "id_edges", "rewritten")).Single(p => p.Place == "trait_writes").State);
        }

        var receipt = await CompleteAsync(project, erasure);
        Assert.Equal(5, receipt.GetProperty("events_deleted").GetInt32());
        Assert.Equal(project.Owner.Session.User.Id, receipt.GetProperty("requested_by").GetGuid());
        Assert.All(receipt.GetProperty("places").EnumerateArray(), place => Assert.Equal(
            (place.GetProperty("place").GetString(), JsonValueKind.String), (place.GetProperty("place").GetString(), place.GetProperty("done_at").ValueKind)));
        Assert.Empty(await FilesWithAsync(erased));
        Assert.NotEmpty(await FilesWithAsync(kept));

        // What is left is what a project has in which that person never was.
        var (left, never) = (await Answers.OfAsync(project), await Answers.OfAsync(without));
        Assert.Equal(never.Count, left.Count);
        foreach (var (question, answer) in never.Where(pair => !pair.Key.StartsWith("/v1/persons/", StringComparison.Ordinal)))
            Assert.Equal((question, WithoutIds(answer)), (question, WithoutIds(left[question])));
    }

    [Fact]
    public async Task What_comes_again_of_before_stays_out_and_what_happens_afterwards_is_of_a_new_person()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var before = new NimbusEvent("view") { UserId = "ada", AnonymousId = "shared", Timestamp = Ten, IdempotencyKey = "k-1" };
        await project.SendAsync(before, new NimbusEvent("view") { UserId = "bob", AnonymousId = "shared", Timestamp = Ten.AddHours(1) });
        await project.WaitForCountAsync(2);
        var (ada, bob) = (await PersonOfAsync(project, "ada"), await PersonOfAsync(project, "bob"));
        await EraseAsync(project, ada);
        Assert.Equal(1, await project.CountAsync());

        // A retry, an old export, a phone that was off, a repeated merge: all of before. And bob on the device that was ada's.
        await project.SendAsync(
            before with { IdempotencyKey = null }, new NimbusEvent("view") { UserId = "ada", Timestamp = Ten.AddDays(1) },
            new NimbusEvent("view") { AnonymousId = "shared", Timestamp = Ten.AddDays(1) },
            new NimbusEvent("view") { UserId = "bob", AnonymousId = "shared", Timestamp = Ten.AddDays(1) });
        await SendAsync(project, "ada", "alias", """{"type":"alias","previousId":"ada","userId":"bob","messageId":"m-9","timestamp":"2026-03-02T10:00:00Z"}""");
        await project.WaitForCountAsync(3);
        Assert.Equal(["bob"], await IdsOfAsync(project, bob));
        Assert.Empty(await FindAsync(project, "ada"));
        Assert.Empty(await FindAsync(project, "shared"));
        using var writer = nimbus.Service("ingest-writer");
        Assert.Contains("nimbus_events_erased_total", await writer.GetStringAsync("/metrics"), StringComparison.Ordinal);

        await project.SendAsync(new NimbusEvent("view") { UserId = "ada", AnonymousId = "shared" });
        await project.WaitForCountAsync(4);
        var again = await PersonOfAsync(project, "ada");
        Assert.NotEqual(ada, again);
        Assert.Equal(["ada", "shared"], (await IdsOfAsync(project, again)).Order());

        // And erased once more, for all that happened until now.
        await EraseAsync(project, again);
        await project.SendAsync(new NimbusEvent("view") { UserId = "ada", Timestamp = DateTimeOffset.UtcNow.AddMinutes(-1) }, new NimbusEvent("marker") { UserId = "bob" });
        await project.WaitForCountAsync(4);
        Assert.Empty(await FindAsync(project, "ada"));
    }

    [Fact]
    public async Task Everything_that_was_merged_into_the_person_goes_and_nothing_that_was_parted_from_them()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(
            new NimbusEvent("view") { UserId = "ada", AnonymousId = "a-1", Timestamp = Ten }, new NimbusEvent("view") { UserId = "bob", Timestamp = Ten },
            new NimbusEvent("view") { AnonymousId = "a-1", Timestamp = Ten }, new NimbusEvent("view") { UserId = "cyd", Timestamp = Ten },
            // Older than any month with a partition of its own, and a day ahead.
            new NimbusEvent("view") { UserId = "bob", Timestamp = new DateTimeOffset(1999, 1, 1, 0, 0, 0, TimeSpan.Zero) },
            new NimbusEvent("view") { UserId = "bob", Timestamp = DateTimeOffset.UtcNow.AddHours(20) });
        await project.WaitForCountAsync(6);
        foreach (var pair in new[] { new[] { "ada", "bob" }, ["bob", "cyd"] })
        {
            using var merged = await project.Owner.SendAsync(HttpMethod.Post, "/v1/persons/merges", Json(JsonSerializer.Serialize(new { project_id = project.Id, distinct_ids = pair })));
            var merge = Answers.Json(await merged.Content.ReadAsStringAsync()).GetProperty("merge").GetProperty("id").GetGuid();
            if (pair.Contains("cyd"))
                (await project.Owner.SendAsync(HttpMethod.Post, $"/v1/persons/merges/{merge}/undo?project_id={project.Id}")).EnsureSuccessStatusCode().Dispose();
        }

        var erasure = await EraseAsync(project, await PersonOfAsync(project, "a-1"));

        Assert.Equal(1, await project.CountAsync());
        Assert.Equal(["cyd"], await IdsOfAsync(project, await PersonOfAsync(project, "cyd")));
        Assert.Equal(5, (await CompleteAsync(project, erasure)).GetProperty("events_deleted").GetInt32());
        Assert.Equal(1, await project.CountAsync());
    }

    [Fact]
    public async Task Who_is_not_there_cannot_be_erased_and_a_receipt_is_of_its_project()
    {
        var (project, other) = (await TestProject.CreateAsync(nimbus), await TestProject.CreateAsync(nimbus));
        await project.SendAsync(new NimbusEvent("view") { UserId = "ada", Timestamp = Ten });
        await project.WaitForCountAsync(1);
        var ada = await PersonOfAsync(project, "ada");

        using var foreign = await other.Owner.SendAsync(HttpMethod.Delete, $"/v1/persons/{ada}?project_id={other.Id}");
        Assert.Equal((HttpStatusCode.NotFound, "person_not_found"), (foreign.StatusCode, await CodeAsync(foreign)));
        using var without = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/persons/{ada}");
        Assert.Equal((HttpStatusCode.BadRequest, "validation_failed"), (without.StatusCode, await CodeAsync(without)));
        var erasure = await EraseAsync(project, ada);
        using var unknown = await other.Owner.SendAsync(HttpMethod.Get, $"/v1/erasures/{erasure}?project_id={other.Id}");
        Assert.Equal((HttpStatusCode.NotFound, "erasure_not_found"), (unknown.StatusCode, await CodeAsync(unknown)));
    }

    /// <summary>For each id five events, with traits, a device, a group, and one element that becomes a dead letter.</summary>
    private async Task SendEverythingAsync(TestProject project, string[] ids)
    {
        foreach (var id in ids)
        {
            await project.SendAsync([.. Enumerable.Range(0, 3).Select(i => new NimbusEvent(i == 1 ? "buy" : "view")
            {
                UserId = id, AnonymousId = $"device-{id}", Timestamp = Ten.AddMinutes(i * 40), IdempotencyKey = $"{id}-{i}",
                PropertiesJson = $$"""{"me":"{{id}}","plan":"pro","price":{{i}}}""", ContextJson = $$"""{"page":"/users/{{id}}"}""",
            })]);
            await SendAsync(
                project, id, "first",
                $$$"""{"type":"identify","userId":"{{{id}}}","messageId":"i-{{{id}}}","timestamp":"2026-03-02T13:00:00Z","traits":{"email":"{{{id}}}@example.com"}}""",
                $$$"""{"type":"group","userId":"{{{id}}}","groupId":"acme","messageId":"g-{{{id}}}","timestamp":"2026-03-02T13:00:00Z","traits":{"n":1}}""",
                $$"""{"type":"nonsense","userId":"{{id}}","messageId":"n-{{id}}"}""");
        }
    }

    private async Task SendAsync(TestProject project, string id, string message, params string[] elements)
    {
        if (elements.Length == 0)
            elements = [
                $$$"""{"type":"track","event":"view","userId":"{{{id}}}","messageId":"{{{message}}}-{{{id}}}","properties":{"me":"{{{id}}}"}}""",
                $$"""{"type":"nonsense","anonymousId":"device-{{id}}","messageId":"n-{{message}}-{{id}}"}""",
            ];
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/batch") { Content = Json($$"""{"batch":[{{string.Join(',', elements)}}]}""") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(project.Project.WriteKey + ":")));
        using var answer = await nimbus.Gateway.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<Guid> EraseAsync(TestProject project, Guid person)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/persons/{person}?project_id={project.Id}");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, text);
        return Answers.Json(text).GetProperty("erasure_id").GetGuid();
    }

    private static async Task<JsonElement> ReceiptAsync(TestProject project, Guid erasure) =>
        Answers.Json(await Answers.GetAsync(project, $"/v1/erasures/{erasure}"));

    private static async Task<JsonElement> CompleteAsync(TestProject project, Guid erasure)
    {
        JsonElement receipt = default;
        await Eventually.TrueAsync(
            async () => (receipt = await ReceiptAsync(project, erasure)).GetProperty("status").GetString() != "running",
            () => receipt.GetRawText(), Patience);
        Assert.True(receipt.GetProperty("status").GetString() == "complete", receipt.GetRawText());
        return receipt;
    }

    private static async Task<List<(string Place, string State)>> PlaceAsync(TestProject project, Guid erasure, string place, string state)
    {
        List<(string Place, string State)> places = [];
        await Eventually.TrueAsync(
            async () =>
            {
                places = [.. (await ReceiptAsync(project, erasure)).GetProperty("places").EnumerateArray()
                    .Select(p => (p.GetProperty("place").GetString()!, p.GetProperty("state").GetString()!))];
                return places.Contains((place, state));
            },
            () => string.Join(", ", places), Patience);
        return places;
    }

    /// <summary>Holds a table as a reader does, until disposed.</summary>
    private async Task<IAsyncDisposable> ReadingAsync(string table)
    {
        var connection = new NpgsqlConnection(await nimbus.ConnectionStringAsync("eventsdb") + ";Pooling=false");
        await connection.OpenAsync();
        await using var hold = new NpgsqlCommand($"BEGIN; LOCK TABLE {table} IN ACCESS SHARE MODE", connection);
        await hold.ExecuteNonQueryAsync();
        return connection;
    }

    private static async Task<Guid> PersonOfAsync(TestProject project, string rawId) =>
        Assert.Single(await FindAsync(project, rawId)).GetProperty("id").GetGuid();

    private static async Task<List<JsonElement>> FindAsync(TestProject project, string rawId) =>
        [.. Answers.Json(await Answers.GetAsync(project, $"/v1/persons?search={rawId}")).GetProperty("persons").EnumerateArray()];

    private static async Task<List<string?>> IdsOfAsync(TestProject project, Guid person) =>
        [.. Answers.Json(await Answers.GetAsync(project, $"/v1/persons/{person}")).GetProperty("ids").EnumerateArray().Select(id => id.GetString())];

    private static async Task<HttpStatusCode> StatusOfAsync(TestProject project, string path)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"{path}?project_id={project.Id}");
        return answer.StatusCode;
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        Answers.Json(await answer.Content.ReadAsStringAsync()).GetProperty("code").GetString();

    private static async Task<IReadOnlyList<DeadLetter>> LettersAsync(TestProject project, int count)
    {
        IReadOnlyList<DeadLetter> letters = [];
        await Eventually.TrueAsync(
            async () => (letters = (await project.Api.GetDeadLettersAsync(project.Id)).DeadLetters).Count == count,
            () => $"{letters.Count} letters, not {count}", TimeSpan.FromSeconds(20));
        return letters;
    }

    /// <summary>As autovacuum does sooner or later: from then on samples of the values stand in a catalog too.</summary>
    private async Task AnalyzeAsync()
    {
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        await using var command = database.CreateCommand("ANALYZE; CHECKPOINT");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The files below the data folders of PostgreSQL, Redis and the engine that hold a text, whatever else they are.</summary>
    private async Task<List<string>> FilesWithAsync(string text)
    {
        var needle = Encoding.UTF8.GetBytes(text);
        var files = new List<string>();
        foreach (var folder in await DataFoldersAsync())
        {
            // What is empty is mostly a lock, which its holder lets nobody open.
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file) is { Exists: true, Length: > 0 }))
            {
                try
                {
                    await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                    using var bytes = new MemoryStream();
                    await stream.CopyToAsync(bytes);
                    if (bytes.GetBuffer().AsSpan(0, (int)bytes.Length).IndexOf(needle) >= 0)
                        files.Add(file);
                }
                catch (FileNotFoundException)
                {
                    // Gone meanwhile, as files of a database are.
                }
            }
        }
        return files;
    }

    private async Task<List<string>> DataFoldersAsync()
    {
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        await using var show = database.CreateCommand("SHOW data_directory");
        using var redis = await ConnectionMultiplexer.ConnectAsync(await nimbus.ConnectionStringAsync("redis") + ",allowAdmin=true");
        var answer = (RedisResult[])(await redis.GetDatabase().ExecuteAsync("CONFIG", "GET", "dir"))!;
        return [(string)(await show.ExecuteScalarAsync())!, (string)answer[1]!, nimbus.EngineFolder];
    }

    /// <summary>Ids that are made at random, and times of receipt: all that may differ between two projects that were sent the same.</summary>
    private static string WithoutIds(string answer)
    {
        var text = new StringBuilder(answer.Length);
        foreach (var part in answer.Split('"'))
            text.Append(Guid.TryParse(part, out _) ? "id" : part.Length > 20 && DateTimeOffset.TryParse(part, CultureInfo.InvariantCulture, out var at) && at.Year == DateTimeOffset.UtcNow.Year && at > DateTimeOffset.UtcNow.AddHours(-1) ? "now" : part).Append('"');
        return text.ToString();
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
