using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nimbus.Tests.Durability;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Cli;

/// <summary><c>nimbus doctor</c> on an installation that is well, and on some that are not.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class DoctorTests(NimbusSystem nimbus) : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_running_installation_has_nothing_at_fault()
    {
        var settings = await HealthySettingsAsync();
        var (exitCode, report) = (-1, new JsonObject());
        // What tests before this one did to it, it gets over.
        await Eventually.TrueAsync(
            async () =>
            {
                (exitCode, report) = await DiagnoseAsync(settings);
                return exitCode == 0;
            },
            () => report.ToJsonString(), TimeSpan.FromSeconds(60));

        Assert.True((bool)report["healthy"]!);
        Assert.Equal(0, (int)report["faults"]!);
        var fine = States(report, "ok");
        foreach (var sentence in (string[])
            [
                "gateway: query is ready", "ingest-writer: ingest-writer is healthy in all", "eventsdb: its settings keep what was committed",
                "eventsdb: the partitions of this month and the next two are there", "identitydb: its schema is at ", "redis: appendonly yes",
                "secrets: Nimbus__MasterKey is long enough",
            ])
            Assert.Contains(fine, finding => finding.StartsWith(sentence, StringComparison.Ordinal));
        Assert.Matches(@"^\d+\.\d+\.\d+", (string)report["version"]!);
    }

    [Fact]
    public async Task What_cannot_be_reached_is_named_with_what_to_do()
    {
        var nowhere = $"127.0.0.1:{Ports.Free()}";
        var (exitCode, said) = await RunAsync(url: null, new()
        {
            ["NIMBUS_URL"] = $"http://{nowhere}",
            ["ConnectionStrings__eventsdb"] = $"Host=127.0.0.1;Port={nowhere.Split(':')[1]};Username=nimbus;Password=nimbus;Database=eventsdb",
            ["ConnectionStrings__identitydb"] = new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync("identitydb")) { Password = "wrong" }.ConnectionString,
            ["ConnectionStrings__redis"] = $"{nowhere},password=x",
            ["Nimbus__MasterKey"] = "too short",
            ["Nimbus__Jwt__Secret"] = "changeme-changeme-changeme-changeme-changeme",
            ["services__query__http__0"] = $"http://{nowhere}",
        });

        Assert.Equal(1, exitCode);
        foreach (var area in (string[])["gateway", "query", "eventsdb", "redis"])
            Assert.Matches($@"(?m)^FAULT    {area} .*does not answer", said);
        Assert.Matches(@"(?m)^FAULT    identitydb .*refuses us", said);
        Assert.Contains("Correct user and password in ConnectionStrings__identitydb", said, StringComparison.Ordinal);
        Assert.Contains("Nimbus__MasterKey is shorter than 32 bytes", said, StringComparison.Ordinal);
        Assert.Contains("Nimbus__Jwt__Secret is an example", said, StringComparison.Ordinal);
        Assert.Contains("the password of eventsdb is one that everybody tries", said, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_would_lose_events_or_that_nobody_looks_after_is_at_fault()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        await pipeline.SendAsync(["nobody stores this"]);
        var nextMonth = DateTime.UtcNow.AddMonths(1).ToString("'events_'yyyy_MM", System.Globalization.CultureInfo.InvariantCulture);
        await pipeline.ExecuteAsync($"""
            DROP TABLE {nextMonth};
            UPDATE event_key_generation SET since = now() - interval '30 days';
            DELETE FROM stream_epoch;
            INSERT INTO dead_letters (id, project_id, event, reason, detail) VALUES (gen_random_uuid(), gen_random_uuid(), '', 'invalid_props', '');
            """);
        await pipeline.ExecuteOutsideAsync("ALTER DATABASE {database} SET synchronous_commit = off");
        var settings = await HealthySettingsAsync();
        settings["ConnectionStrings__eventsdb"] = pipeline.EventsConnection;
        settings["ConnectionStrings__redis"] += ",defaultDatabase=1";
        settings["Nimbus__MasterKeyId"] = "v9";

        var (exitCode, report) = await DiagnoseAsync(settings);

        Assert.Equal(1, exitCode);
        var faults = States(report, "fault");
        foreach (var sentence in (string[])
            ["eventsdb: synchronous_commit is off", $"eventsdb: the partitions {nextMonth} are missing", "eventsdb: stream_epoch has no row", "redis: nobody reads 1 of 1 shards",
             "secrets: secrets are sealed under master key v1, which is not given"])
            Assert.Contains(faults, finding => finding.StartsWith(sentence, StringComparison.Ordinal));
        var warnings = States(report, "warning");
        Assert.Contains("eventsdb: 1 dead letters, most of them invalid_props", warnings);
        Assert.Contains("eventsdb: the generation of event keys is 30 days old", warnings);
        Assert.All(report["findings"]!.AsArray().Where(finding => (string)finding!["state"]! is "fault" or "warning"), finding => Assert.NotNull((string?)finding!["remedy"]));
    }

    [Fact]
    public async Task A_database_without_this_versions_schema_is_at_fault()
    {
        var server = new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync("eventsdb")) { Pooling = false };
        var name = $"doctor_{Guid.CreateVersion7():N}";
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using (var create = source.CreateCommand($"CREATE DATABASE {name}"))
            await create.ExecuteNonQueryAsync();
        try
        {
            var settings = await HealthySettingsAsync();
            server.Database = name;
            settings["ConnectionStrings__eventsdb"] = settings["ConnectionStrings__identitydb"] = server.ConnectionString;
            var (exitCode, report) = await DiagnoseAsync(settings);
            Assert.Equal(1, exitCode);
            Assert.Contains(States(report, "fault"), finding => finding.StartsWith("eventsdb: its schema is at 0, and this version needs ", StringComparison.Ordinal));
            Assert.Contains(States(report, "fault"), finding => finding.StartsWith("identitydb: its schema is at 0, and this version needs ", StringComparison.Ordinal));
        }
        finally
        {
            await using var drop = source.CreateCommand($"DROP DATABASE {name} WITH (FORCE)");
            await drop.ExecuteNonQueryAsync();
        }
    }

    [SkippableFact]
    public async Task A_Redis_that_may_forget_is_at_fault_unless_answers_wait_for_the_database()
    {
        Directory.CreateDirectory(_folder.Path("redis"));
        await using var redis = new OwnRedis(_folder.Path("redis"), fsync: "everysec", eviction: "allkeys-lru");
        await redis.StartAsync();
        var settings = await HealthySettingsAsync();
        settings["ConnectionStrings__redis"] = redis.Connection;

        var (_, report) = await DiagnoseAsync(settings);
        Assert.Contains("redis: appendfsync is everysec, not always: it can lose what it says it took", States(report, "fault"));
        Assert.Contains("redis: maxmemory-policy is allkeys-lru, not noeviction: it can lose what it says it took", States(report, "fault"));

        settings["Nimbus__Ingest__AckAfter"] = "Database";
        (_, report) = await DiagnoseAsync(settings);
        Assert.Contains("redis: appendfsync is everysec, not always: it can lose what it says it took", States(report, "warning"));
        Assert.Contains("redis: maxmemory-policy is allkeys-lru, not noeviction: it can lose what it says it took", States(report, "fault"));
    }

    private async Task<Dictionary<string, string>> HealthySettingsAsync()
    {
        var settings = new Dictionary<string, string>
        {
            ["Nimbus__MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)),
            ["Nimbus__Jwt__Secret"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)),
            ["Nimbus__Engine__Folder"] = nimbus.EngineFolder,
        };
        foreach (var store in (string[])["eventsdb", "identitydb", "redis"])
            settings[$"ConnectionStrings__{store}"] = await nimbus.ConnectionStringAsync(store);
        foreach (var name in (string[])["identity", "ingest", "ingest-writer", "query"])
        {
            using var service = nimbus.Service(name);
            settings[$"services__{name}__http__0"] = service.BaseAddress!.AbsoluteUri;
        }
        return settings;
    }

    private async Task<(int ExitCode, JsonObject Report)> DiagnoseAsync(Dictionary<string, string> settings)
    {
        var (exitCode, said) = await RunAsync(nimbus.Gateway.BaseAddress!.AbsoluteUri, settings, "--json");
        return (exitCode, JsonNode.Parse(said)!.AsObject());
    }

    private async Task<(int ExitCode, string Said)> RunAsync(string? url, Dictionary<string, string> settings, params string[] more)
    {
        var file = _folder.Write("settings.env", $"# as given to the services\n{string.Join('\n', settings.Select(setting => $"{setting.Key}='{setting.Value}'"))}");
        using var said = new StringWriter();
        var exitCode = await global::Nimbus.Cli.NimbusCommand.RunAsync(
            ["doctor", "--env-file", file, .. url is null ? [] : (string[])["--url", url], .. more], said, said);
        return (exitCode, said.ToString());
    }

    private static List<string> States(JsonObject report, string state) =>
        [.. report["findings"]!.AsArray().Where(finding => (string)finding!["state"]! == state).Select(finding => $"{finding!["area"]}: {finding["what"]}")];
}
