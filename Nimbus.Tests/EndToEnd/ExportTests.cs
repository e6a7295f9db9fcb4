using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Events out of one project, over the gateway or the command line, and into another.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class ExportTests(NimbusSystem nimbus)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task CSV_is_the_import_layout_with_quotes_where_a_field_needs_them()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(
            Event("k-1", 0) with { UserId = "ada", PropertiesJson = """{"n": 9007199254740993, "q": "a \"b\", c"}""" },
            Event("k,2", 1) with { AnonymousId = "a-1" });
        await project.WaitForCountAsync(2);

        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/export/events?project_id={project.Id}&format=csv");

        Assert.Equal((HttpStatusCode.OK, "text/csv"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Equal(
            """"
            event_id,occurred_at,user_id,event_type,properties_json
            k-1,2026-03-02T12:00:00.000Z,ada,view,"{""n"": 9007199254740993, ""q"": ""a \""b\"", c""}"
            "k,2",2026-03-02T12:01:00.000Z,,view,{}

            """",
            await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("from=2026-03-02&to=2026-03-02", 2)]
    [InlineData("from=2026-03-02T12:01:00Z", 2)]
    [InlineData("to=2026-03-02T12:01:00Z", 1)]
    [InlineData("name=never", 0)]
    public async Task The_range_and_the_filters_are_those_of_the_list_of_events(string asked, int lines)
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(Event("a", 0), Event("b", 1), Event("c", 24 * 60));
        await project.WaitForCountAsync(3);

        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/export/events?project_id={project.Id}&{asked}");

        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(lines, text.Count(c => c == '\n'));
    }

    [Fact]
    public async Task What_cannot_be_asked_for_is_an_error_before_the_stream_begins()
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var answer = await project.Owner.SendAsync(
            HttpMethod.Get, $"/v1/export/events?project_id={project.Id}&format=xml&from=yesterday");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var errors = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("errors");
        Assert.Equal(["format", "from"], errors.EnumerateObject().Select(error => error.Name).Order());
    }

    [Theory]
    [InlineData("events.jsonl.gz", "{\"id\":")]
    [InlineData("events.csv.gz", "event_id,")]
    public async Task The_command_writes_a_compressed_file_in_the_format_it_is_named_after(string name, string start)
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(Event("a", 0));
        await project.WaitForCountAsync(1);
        using var folder = new TemporaryFolder();

        var file = await ExportAsync(project, folder, name);

        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress), Encoding.UTF8);
        Assert.StartsWith(start, await reader.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task A_refused_export_leaves_no_file_and_says_why()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var stranger = await TestAccount.RegisterAsync(nimbus);
        using var folder = new TemporaryFolder();
        await using var export = Export(project, stranger.Session.AccessToken, Path.Combine(folder.Path, "events.jsonl"));

        var (exitCode, output) = await export.EndAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, exitCode);
        Assert.Contains("project_not_found", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("events.jsonl")]
    [InlineData("events.jsonl.gz")]
    public async Task What_is_exported_and_imported_into_another_project_is_the_same_set_of_events(string name)
    {
        var project = await TestProject.CreateAsync(nimbus);
        await SendEventsOfEveryKindAsync(project);
        using var folder = new TemporaryFolder();
        var file = await ExportAsync(project, folder, name);

        var copy = await ImportAsync(file);

        await copy.WaitForCountAsync(5);
        Assert.Equal(await LinesAsync(project), await LinesAsync(copy));
    }

    [Fact]
    public async Task CSV_exported_and_imported_keeps_keys_users_and_properties()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await SendEventsOfEveryKindAsync(project);
        using var folder = new TemporaryFolder();
        var file = await ExportAsync(project, folder, "events.csv");

        var copy = await ImportAsync(file);

        await copy.WaitForCountAsync(5);
        Assert.Equal(await CsvAsync(project), await CsvAsync(copy));
    }

    [Fact]
    public async Task A_file_of_Mixpanel_is_imported_and_again_without_adding_anything()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "mixpanel.json");
        await File.WriteAllTextAsync(file, """
            {"event":"Signed up","properties":{"time":1772452800,"distinct_id":"$device:d-1","$device_id":"d-1","$insert_id":"i-1","plan":"pro"}}
            {"event":"Signed up","properties":{"time":1772452801,"distinct_id":"ada","$user_id":"ada","$device_id":"d-1","$insert_id":"i-2","amount":9007199254740993}}
            """);
        var project = await ImportAsync(file);
        await project.WaitForCountAsync(2);

        await using (var again = NimbusCommand.Import(project, file, "--restart"))
        {
            var (exitCode, output) = await again.EndAsync(TimeSpan.FromSeconds(30));
            Assert.True(exitCode == 0, output);
        }

        var stored = await project.AllEventsAsync();
        Assert.Equal([(null, "d-1"), ("ada", "d-1")], stored.Select(e => (e.UserId, e.AnonymousId)));
        Assert.Equal(stored[0].PersonId, stored[1].PersonId);
        Assert.Equal("9007199254740993", stored[1].Props!.Value.GetProperty("amount").GetRawText());
    }

    private static async Task SendEventsOfEveryKindAsync(TestProject project)
    {
        using var answer = await new SignedRequest(project, """
            {"events":[
              {"name":"both","ts":"2026-03-02T12:00:00.001Z","user_id":"ada","anonymous_id":"a-1","idempotency_key":"k-1","seq":3,
               "props":{"big":12345678901234567890123,"digits":1.10,"small":1e-7,"n":9007199254740993,"text":"é😀\"\\ \u2028\n,;"},
               "context":{"page":{"url":"https://example.com/?a=b&c"},"n":9007199254740993}},
              {"name":"user, only","ts":"2026-03-02T12:00:00.001Z","user_id":"=1+1","idempotency_key":"k \"2\""},
              {"name":"device\nonly","ts":"2026-03-02T12:00:02Z","anonymous_id":"a-2","idempotency_key":"k-3","props":{"nested":[{"a":null},[true,""]]}},
              {"name":"nobody","ts":"2026-03-02T12:00:03Z","idempotency_key":"k-4","props":{"":""}},
              {"name":"no key","ts":"2026-03-02T12:00:04Z","user_id":"anonymous"}
            ]}
            """).SendAsync();
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await project.WaitForCountAsync(5);
    }

    private async Task<TestProject> ImportAsync(string file)
    {
        var project = await TestProject.CreateAsync(nimbus);
        await using var import = NimbusCommand.Import(project, file);
        var (exitCode, output) = await import.EndAsync(TimeSpan.FromSeconds(30));
        Assert.True(exitCode == 0, output);
        return project;
    }

    /// <summary>Every field that the client gave, as text, by the key of the event, which is its id where it had none.</summary>
    private static async Task<List<string>> LinesAsync(TestProject project)
    {
        var text = await TextAsync(project, "jsonl");
        return [.. text.TrimEnd('\n').Split('\n').Select(line =>
        {
            var e = JsonDocument.Parse(line).RootElement;
            var key = e.GetProperty("idempotency_key").GetString() ?? e.GetProperty("id").GetString();
            string[] fields = ["name", "ts", "user_id", "anonymous_id", "seq", "props", "context", "type"];
            return key + string.Concat(fields.Select(field => $" {field}={e.GetProperty(field).GetRawText()}"));
        }).Order(StringComparer.Ordinal)];
    }

    private static async Task<List<string>> CsvAsync(TestProject project)
    {
        using var csv = new CsvHelper.CsvParser(new StringReader(await TextAsync(project, "csv")), CultureInfo.InvariantCulture);
        var rows = new List<string>();
        while (csv.Read())
            rows.Add(string.Join('|', csv.Record!));
        return [.. rows.Order(StringComparer.Ordinal)];
    }

    private static async Task<string> TextAsync(TestProject project, string format)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/export/events?project_id={project.Id}&format={format}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static NimbusEvent Event(string key, int minute) =>
        new("view") { IdempotencyKey = key, Timestamp = Noon.AddMinutes(minute) };

    private static async Task<string> ExportAsync(TestProject project, TemporaryFolder folder, string name)
    {
        var file = Path.Combine(folder.Path, name);
        await using var export = Export(project, project.Owner.Session.AccessToken, file);
        var (exitCode, output) = await export.EndAsync(TimeSpan.FromSeconds(30));
        Assert.True(exitCode == 0, output);
        return file;
    }

    private static NimbusCommand Export(TestProject project, string token, string file) => NimbusCommand.Start(
        "export", "--project", project.Id.ToString(), "--url", project.Owner.Nimbus.Gateway.BaseAddress!.ToString(),
        "--token", token, "-o", file);
}
