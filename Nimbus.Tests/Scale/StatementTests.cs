using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Nimbus.Client;
using Nimbus.Events.Schema;
using Nimbus.IngestService;
using Nimbus.QueryService.Engine;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Scale;

/// <summary>
/// No statement on a table of projects is without its project: neither one that stands in the services, nor one that PostgreSQL was
/// given while everything was done once. What has to look at all projects is listed here, with the reason.
/// </summary>
[Collection(SeveralNimbus.Collection)]
public sealed partial class StatementTests(SeveralNimbus nimbus)
{
    /// <summary>Statements of jobs, each run by one writer every few seconds at most; none that a request waits for.</summary>
    private static readonly Dictionary<string, string> OfAllProjects = new()
    {
        ["Housekeeping.ForgetEntriesSql"] = "forgets what was stored two weeks ago, whosever it is",
        ["Housekeeping.ForgetOutboxSql"] = "the same of the outbox",
        ["PipelineWatch.CountSql"] = "counts dead letters and active projects for an operator",
        ["ErasedPeople.ProjectsSql"] = "which projects have erased people at all, asked once by each lane and after each erasure",
        ["UnfinishedErasure.AllSql"] = "finds the erasures that are not finished",
        ["ErasureJob.IsDueSql"] = "when files were rewritten last",
        ["ErasureJob.CompleteSql"] = "ends the erasures of which nothing is left to do",
    };

    /// <summary>The same, where a statement is no constant of its class: by how it begins.</summary>
    private static readonly Dictionary<string, string> BeginningsOfAllProjects = new()
    {
        ["select case when bool_and ( f.floor is not null )"] = "what no project keeps, for dropping whole months",
        ["insert into events select * from events where ts"] = "a month gets a partition of its own",
        ["delete from events where ts"] = "the same",
    };

    private static readonly HashSet<string> Tables = [.. DistributedTables.OfProjects, "dead_letters", "visible_events"];

    [Fact]
    public void Every_statement_in_the_services_is_about_given_projects()
    {
        var constants = Constants().ToList();
        Assert.True(constants.Count(constant => SqlStatement.Names(constant.Sql, Tables)) > 60, "the statements are not found any more");

        var faults = constants.Where(constant => !OfAllProjects.ContainsKey(constant.Name))
            .SelectMany(constant => SqlStatement.FaultsOf(constant.Sql, Tables).Select(fault => $"{constant.Name}: {fault}"));

        Assert.Empty(faults);
        // An exception that is none any more goes.
        Assert.All(OfAllProjects.Keys, name => Assert.Contains(constants, constant => constant.Name == name && SqlStatement.FaultsOf(constant.Sql, Tables).Count > 0));
    }

    [SkippableFact]
    public async Task Every_statement_that_reaches_PostgreSQL_is_about_given_projects()
    {
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        await using (var available = database.CreateCommand("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements')"))
            Skip.IfNot((bool)(await available.ExecuteScalarAsync())!, "this PostgreSQL comes without pg_stat_statements");
        await using (var create = database.CreateCommand("CREATE EXTENSION IF NOT EXISTS pg_stat_statements"))
            await create.ExecuteNonQueryAsync();

        await DoEverythingAsync();

        var seen = new List<string>();
        await using var statements = database.CreateCommand("""
            SELECT DISTINCT s.query FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()
            """);
        await using (var reader = await statements.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                seen.Add(Partition().Replace(reader.GetString(0), "events"));
        }
        var known = Constants().Where(constant => OfAllProjects.ContainsKey(constant.Name)).Select(constant => SqlStatement.Normalize(constant.Sql)).ToHashSet();
        var faults = seen.Where(sql => !known.Contains(SqlStatement.Normalize(sql))
                && !BeginningsOfAllProjects.Keys.Any(beginning => SqlStatement.Normalize(sql).StartsWith(SqlStatement.Normalize(beginning), StringComparison.Ordinal)))
            .SelectMany(sql => SqlStatement.FaultsOf(sql, Tables).Select(fault => $"{fault}:\n{sql}\n"));

        Assert.Empty(faults);
        // It was no empty exercise: of most statements that there are, PostgreSQL has seen one.
        var normalized = seen.Select(SqlStatement.Normalize).ToHashSet();
        var constants = Constants().Where(constant => SqlStatement.Names(constant.Sql, Tables)).ToList();
        var met = constants.Count(constant => normalized.Contains(SqlStatement.Normalize(constant.Sql)));
        Assert.True(met > constants.Count / 2, $"only {met} of {constants.Count} were run: {string.Join(", ", constants.Where(c => !normalized.Contains(SqlStatement.Normalize(c.Sql))).Select(c => c.Name))}");
    }

    [Fact]
    public async Task Every_table_is_of_projects_or_of_the_coordinator_and_fit_for_it()
    {
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        var tables = await ReadAsync(database, """
            SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            """);
        Assert.Equal(DistributedTables.OfProjects.Concat(DistributedTables.OfCoordinator).Order(), tables.Order());

        // Unique keys contain the column that distributes, which is there and never null; nothing refers to another table.
        var unfit = await ReadAsync(database, """
            SELECT c.relname || ' ' || i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique
              AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'project_id' AND a.attnotnull AND a.attnum = ANY (i.indkey::int2[]))
            UNION ALL
            SELECT conrelid::regclass || ' ' || conname FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
            """);
        Assert.DoesNotContain(unfit, key => !DistributedTables.OfCoordinator.Contains(key.Split(' ')[0]));
    }

    [Theory]
    [InlineData("SELECT * FROM events WHERE project_id = $1", 0)]
    [InlineData("SELECT * FROM events WHERE ts > $1", 1)]
    [InlineData("SELECT * FROM events e JOIN ids i ON i.project_id = e.project_id AND i.key = e.user_key WHERE e.project_id = @p", 0)]
    [InlineData("SELECT * FROM events e JOIN ids i ON i.key = e.user_key WHERE e.project_id = @p", 1)]
    [InlineData("SELECT * FROM events e JOIN ids i ON i.project_id = e.project_id", 2)]
    [InlineData("SELECT * FROM unnest($1, $2) AS n(project_id, k) WHERE EXISTS (SELECT FROM ids i WHERE i.project_id = n.project_id)", 0)]
    [InlineData("SELECT * FROM unnest($1) AS n(k) WHERE EXISTS (SELECT FROM ids i WHERE i.key = n.k)", 1)]
    [InlineData("INSERT INTO ids (project_id, key) VALUES ($1, $2)", 0)]
    [InlineData("INSERT INTO ids (key) VALUES ($2)", 1)]
    [InlineData("UPDATE ids SET key = 1 -- project_id = $1", 1)]
    [InlineData("DELETE FROM ids WHERE project_id = $1; DELETE FROM groups", 1)]
    [InlineData("COPY events (project_id, ts) FROM STDIN (FORMAT binary)", 0)]
    [InlineData("COPY (SELECT ts FROM events) TO STDOUT", 1)]
    [InlineData("SELECT 1 FROM ids WHERE project_id = $1 UNION ALL SELECT 1 FROM groups", 1)]
    [InlineData("TRUNCATE event_keys_0", 0)]
    public void A_statement_without_its_project_is_found(string sql, int faults) => Assert.Equal(faults, SqlStatement.FaultsOf(sql, Tables).Count);

    /// <summary>Everything once that people and programs do with a project.</summary>
    private async Task DoEverythingAsync()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var day = new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);
        await project.SendAsync([.. Enumerable.Range(0, 12).Select(i => new NimbusEvent(i % 3 == 0 ? "buy" : "view")
        {
            UserId = $"user-{i % 4}",
            AnonymousId = $"device-{i % 4}",
            Timestamp = day.AddMinutes(i * 7),
            IdempotencyKey = $"k-{i}",
            PropertiesJson = $$"""{"plan":"pro","price":{{i}}}""",
        })]);
        await SegmentAsync(project,
            """{"type":"identify","userId":"user-0","messageId":"i","traits":{"email":"a@example.com"}}""",
            """{"type":"group","userId":"user-0","groupId":"acme","messageId":"g","traits":{"n":1}}""",
            """{"type":"alias","previousId":"user-0","userId":"user-1","messageId":"a"}""",
            """{"type":"nonsense","userId":"user-0","messageId":"n"}""");
        await project.WaitForCountAsync(15);
        await Answers.OfAsync(project);

        var persons = Answers.Json(await Answers.GetAsync(project, "/v1/persons")).GetProperty("persons").EnumerateArray().Select(person => person.GetProperty("id").GetGuid()).ToList();
        using (var merge = await project.Owner.SendAsync(HttpMethod.Post, "/v1/persons/merges", JsonContent.Create(new { project_id = project.Id, distinct_ids = new[] { "user-2", "user-3" } })))
        {
            var id = Answers.Json(await merge.Content.ReadAsStringAsync()).GetProperty("merge").GetProperty("id").GetGuid();
            await PostAsync(project, HttpMethod.Post, $"/v1/persons/merges/{id}/undo?project_id={project.Id}", null);
        }
        await Answers.GetAsync(project, $"/v1/persons/{persons[0]}/merges");
        var cohort = await MadeAsync(project, "/v1/cohorts", new { project_id = project.Id, name = "Some", members = new[] { "user-2" } });
        await Answers.GetAsync(project, "/v1/cohorts");
        var dashboard = await MadeAsync(project, "/v1/dashboards", new { project_id = project.Id, name = "Board", tiles = Array.Empty<object>() });
        if (dashboard is { } board)
        {
            await PostAsync(project, HttpMethod.Post, $"/v1/dashboards/{board}/links?project_id={project.Id}", null);
            await Answers.GetAsync(project, $"/v1/dashboards/{board}/links");
            await PostAsync(project, HttpMethod.Delete, $"/v1/dashboards/{board}?project_id={project.Id}", null);
        }
        await MadeAsync(project, "/v1/annotations", new { project_id = project.Id, name = "Launch", text = "Launch", at = day, date = "2026-03-02" });
        foreach (var list in new[] { "/v1/insights", "/v1/dashboards", "/v1/annotations" })
            await Answers.GetAsync(project, list);

        await Eventually.TrueAsync(
            async () => (await project.Api.GetDeadLettersAsync(project.Id)).DeadLetters.Count == 1, () => "no dead letter", TimeSpan.FromSeconds(60));
        await project.Api.DeleteDeadLettersAsync(project.Id);
        await using (var viewer = await Viewer.ConnectAsync(new Uri(nimbus.Gateway.BaseAddress!, $"/ws/projects/{project.Id}"), project.Owner.Session.AccessToken, inQuery: true))
        {
            await viewer.UntilAsync(messages => messages.Count > 0);
            await project.SendAsync(new NimbusEvent("view") { UserId = "user-2" });
            await viewer.UntilAsync(messages => messages.Any(message => message.GetProperty("type").GetString() == "event"));
        }
        using var erased = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/persons/{persons[0]}?project_id={project.Id}");
        var erasure = Answers.Json(await erased.Content.ReadAsStringAsync()).GetProperty("erasure_id").GetGuid();
        await Eventually.TrueAsync(
            async () => Answers.Json(await Answers.GetAsync(project, $"/v1/erasures/{erasure}")).GetProperty("status").GetString() != "running",
            () => "the erasure does not end", TimeSpan.FromSeconds(90));
    }

    private static async Task<Guid?> MadeAsync(TestProject project, string path, object body)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, path, JsonContent.Create(body));
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode && Answers.Json(text).TryGetProperty("id", out var id) ? id.GetGuid() : null;
    }

    private static async Task PostAsync(TestProject project, HttpMethod method, string path, object? body)
    {
        using var answer = await project.Owner.SendAsync(method, path, body is null ? null : JsonContent.Create(body));
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {await answer.Content.ReadAsStringAsync()}");
    }

    private async Task SegmentAsync(TestProject project, params string[] elements)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/batch")
        {
            Content = new StringContent($$"""{"batch":[{{string.Join(',', elements)}}]}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(project.Project.WriteKey + ":")));
        using var answer = await nimbus.Gateway.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<List<string>> ReadAsync(NpgsqlDataSource database, string sql)
    {
        var rows = new List<string>();
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0));
        return rows;
    }

    private static IEnumerable<(string Name, string Sql)> Constants() =>
        from assembly in new[] { typeof(EventsSchema).Assembly, typeof(IngestOptions).Assembly, typeof(EngineOptions).Assembly }
        from type in assembly.GetTypes()
        from field in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
        where field.IsLiteral && field.FieldType == typeof(string) && field.Name.EndsWith("Sql", StringComparison.Ordinal)
        select ($"{type.Name}.{field.Name}", (string)field.GetRawConstantValue()!);

    [GeneratedRegex(@"\bevents_(?:default|\d{4}_\d\d)\b")]
    private static partial Regex Partition();
}
