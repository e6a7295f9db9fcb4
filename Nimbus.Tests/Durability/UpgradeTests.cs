using System.Globalization;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nimbus.Client;
using Nimbus.Events;
using Nimbus.Events.Schema;
using Nimbus.IdentityService.Storage;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Npgsql;
using StackExchange.Redis;
using Migration = Nimbus.Events.Schema.Migration;

namespace Nimbus.Tests.Durability;

/// <summary>An installation of the first schema there was, with data in it, and the services of today.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class UpgradeTests(NimbusSystem nimbus)
{
    // The durability tests have 1.
    private const int RedisDatabase = 2;
    private const int OldEvents = 3000;
    private const int OldPeople = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Services_of_today_bring_the_first_schema_forward_once_and_answer_from_what_it_held()
    {
        // An account, a project and a key as the first version wrote them: taken from the running system, into tables of then.
        var project = await TestProject.CreateAsync(nimbus);
        await using var identityDb = await OldDatabase.CreateAsync(nimbus, "identitydb");
        await ApplyFirstIdentityStepAsync(identityDb);
        await CopyIdentityAsync(project, identityDb);
        await using var eventsDb = await OldDatabase.CreateAsync(nimbus, "eventsdb");
        await ApplyAsync(eventsDb, upTo: 1);
        await eventsDb.ExecuteAsync(OldEventsSql(project.Id));

        var redisText = await nimbus.ConnectionStringAsync("redis");
        using var redis = await ConnectionMultiplexer.ConnectAsync($"{redisText},allowAdmin=true");
        await redis.GetServer(redis.GetEndPoints()[0]).FlushDatabaseAsync(RedisDatabase);
        var ports = Ports.Free(6);
        string Address(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings:identitydb"] = identityDb.Connection,
            ["ConnectionStrings:eventsdb"] = eventsDb.Connection,
            ["ConnectionStrings:redis"] = $"{redisText},defaultDatabase={RedisDatabase}",
            ["services:identity:http:0"] = Address(ports[0]),
            ["services:query:http:0"] = Address(ports[4]),
            ["Nimbus:Jwt:Secret"] = NimbusSystem.JwtSecret,
        };

        // Two replicas of each that migrate, at once.
        await using var identity = WriterProcess.StartService("Nimbus.IdentityService", ports[0], settings);
        await using var identityToo = WriterProcess.StartService("Nimbus.IdentityService", ports[1], settings);
        await using var ingest = WriterProcess.StartService("Nimbus.IngestService", ports[2], settings);
        await using var ingestToo = WriterProcess.StartService("Nimbus.IngestService", ports[3], settings);
        await using var query = WriterProcess.StartService("Nimbus.QueryService", ports[4], settings);
        await using var writer = WriterProcess.StartService("Nimbus.IngestService", ports[5], settings, "--role", "writer");
        WriterProcess[] all = [identity, identityToo, ingest, ingestToo, query, writer];
        for (var i = 0; i < all.Length; i++)
            await ReadyAsync(all[i], Address(ports[i]));

        Assert.Equal(Migration.All.Select(each => each.Version), await eventsDb.ListAsync<int>("SELECT version FROM schema_version ORDER BY version"));
        foreach (var migration in Migration.All.Skip(1))
            Assert.Equal(1, new[] { ingest, ingestToo, writer }.Sum(each => Count(each.Output, $"Applied schema step {migration.Version},")));
        await using (var identityOfToday = OpenIdentity(identityDb))
            Assert.Empty(await identityOfToday.Database.GetPendingMigrationsAsync());

        using var identityClient = new HttpClient { BaseAddress = new Uri(Address(ports[0])) };
        using var queryClient = new HttpClient { BaseAddress = new Uri(Address(ports[4])) };
        using var signIn = new NimbusApi(identityClient);
        var session = await signIn.LoginAsync(project.Owner.Email, TestAccount.Password);
        using var api = new NimbusApi(queryClient) { AccessToken = session.AccessToken };
        async Task<Dictionary<string, long>> CountsAsync() => (await api.GetTopEventsAsync(
            project.Id, DateTimeOffset.UtcNow.AddYears(-5), DateTimeOffset.UtcNow.AddDays(1), 10)).Events.ToDictionary(name => name.Name, name => name.Count);
        Assert.Equal(new() { ["view"] = OldEvents * 2 / 3, ["buy"] = OldEvents / 3 }, await CountsAsync());
        var today = DateOnly.FromDateTime(DateTime.UtcNow);
        foreach (var day in (DateOnly[])[new(today.Year, today.Month, 1), today.AddYears(-3)])
            Assert.Equal([new(day, OldPeople)], (await api.GetDailyUsersAsync(project.Id, day, day)).Days);

        // The key of then signs, and what was sent then is known by its idempotency key.
        using var ingestClient = new HttpClient { BaseAddress = new Uri(Address(ports[3])) };
        var request = new SignedRequest(project, """{"events":[{"name":"buy","user_id":"user-1","idempotency_key":"old-1"},{"name":"buy","user_id":"user-1","idempotency_key":"new-1"}]}""")
        {
            Gateway = ingestClient,
        };
        using var answer = await request.SendAsync();
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Dictionary<string, long> counts = [];
        await Eventually.TrueAsync(
            async () => (counts = await CountsAsync())["buy"] > OldEvents / 3, () => $"what was sent is not there:\n{writer.Output}", Patience);
        Assert.Equal(new() { ["view"] = OldEvents * 2 / 3, ["buy"] = (OldEvents / 3) + 1 }, counts);
        Assert.Equal(1L, await eventsDb.AskAsync("SELECT count(*) FROM dead_letters WHERE reason = 'invalid_props' AND entry IS NULL"));

        // A replica of this version beside a newer one that has moved the schema on, as in a rollout or after taking it back.
        await eventsDb.ExecuteAsync("INSERT INTO schema_version (version, title) VALUES (9999, 'of a later version'); ALTER TABLE dead_letters ADD COLUMN of_a_later_version int");
        await identityDb.ExecuteAsync("""INSERT INTO "__EFMigrationsHistory" VALUES ('9999_of_a_later_version', '10.0.0'); ALTER TABLE users ADD COLUMN of_a_later_version int""");
        await identityToo.KillAsync();
        await ingestToo.KillAsync();
        await using var identityAgain = WriterProcess.StartService("Nimbus.IdentityService", ports[1], settings);
        await using var ingestAgain = WriterProcess.StartService("Nimbus.IngestService", ports[3], settings);
        await ReadyAsync(identityAgain, Address(ports[1]));
        await ReadyAsync(ingestAgain, Address(ports[3]));
        Assert.Equal(project.Owner.Email, (await signIn.LoginAsync(project.Owner.Email, TestAccount.Password)).User.Email);
        Assert.Equal(9999, await eventsDb.AskAsync("SELECT max(version) FROM schema_version"));
    }

    [Fact]
    public async Task A_step_that_waits_for_a_table_keeps_nobody_waiting_behind_it()
    {
        await using var eventsDb = await OldDatabase.CreateAsync(nimbus, "eventsdb");
        await ApplyAsync(eventsDb, upTo: 2);
        await using var reader = new NpgsqlConnection(eventsDb.Connection);
        await reader.OpenAsync();
        // A backup, say, that has begun before.
        await using var backup = await reader.BeginTransactionAsync();
        await using (var look = new NpgsqlCommand("SELECT count(*) FROM dead_letters", reader, backup))
            await look.ExecuteScalarAsync();

        using var host = Today(eventsDb);
        await host.StartAsync();
        var schema = host.Services.GetRequiredService<EventsSchema>();
        await Eventually.TrueAsync(
            () => Task.FromResult(schema.Waiting.Contains("lock timeout", StringComparison.Ordinal)), () => schema.Waiting, Patience);
        Assert.Equal(0L, await eventsDb.AskAsync("SELECT count(*) FROM dead_letters"));
        Assert.False(schema.Ready.IsCompleted);
        await backup.CommitAsync();

        await schema.Ready.WaitAsync(Patience);
        await host.StopAsync();
        Assert.Equal(Migration.All[^1].Version, await eventsDb.AskAsync("SELECT max(version) FROM schema_version"));
    }

    private static async Task ReadyAsync(WriterProcess service, string address)
    {
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        await Eventually.TrueAsync(
            async () => (await client.GetAsync("/readiness")).IsSuccessStatusCode, () => $"{address} is not ready:\n{service.Output}", Patience);
    }

    /// <summary>As services of an earlier version left it.</summary>
    private static async Task ApplyAsync(OldDatabase database, int upTo)
    {
        await database.ExecuteAsync("CREATE TABLE schema_version (version int PRIMARY KEY, title text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())");
        foreach (var migration in Migration.All.Where(each => each.Version <= upTo))
            await database.ExecuteAsync($"{migration.Sql}; INSERT INTO schema_version (version, title) VALUES ({migration.Version}, '{migration.Title}')");
    }

    private static async Task ApplyFirstIdentityStepAsync(OldDatabase database)
    {
        await using var db = OpenIdentity(database);
        var steps = db.GetService<IMigrationsAssembly>();
        var (id, first) = steps.Migrations.OrderBy(step => step.Key, StringComparer.Ordinal).First();
        Assert.StartsWith("0001_", id, StringComparison.Ordinal);
        foreach (var operation in steps.CreateMigration(first, db.Database.ProviderName!).UpOperations.OfType<SqlOperation>())
            await database.ExecuteAsync(operation.Sql);
        await database.ExecuteAsync($"""
            CREATE TABLE "__EFMigrationsHistory" ("MigrationId" varchar(150) PRIMARY KEY, "ProductVersion" varchar(32) NOT NULL);
            INSERT INTO "__EFMigrationsHistory" VALUES ('{id}', '10.0.0');
            """);
    }

    private static IHost Today(OldDatabase database)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["ConnectionStrings:eventsdb"] = database.Connection;
        builder.Logging.ClearProviders();
        builder.AddEventsDatabase(SchemaRole.Migrates);
        return builder.Build();
    }

    private static IdentityDb OpenIdentity(OldDatabase database) =>
        new(new DbContextOptionsBuilder<IdentityDb>().UseNpgsql(database.Connection).Options);

    private async Task CopyIdentityAsync(TestProject project, OldDatabase identityDb)
    {
        await using var now = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("identitydb"));
        foreach (var (table, condition) in ((string, string)[])
            [
                ("users", $"id = '{project.Owner.Session.User.Id}'"), ("projects", $"id = '{project.Id}'"),
                ("members", $"project_id = '{project.Id}'"), ("api_keys", $"project_id = '{project.Id}'"),
            ])
        {
            await using var read = now.CreateCommand($"SELECT to_jsonb(t)::text FROM {table} t WHERE {condition}");
            await using var rows = await read.ExecuteReaderAsync();
            while (await rows.ReadAsync())
                await identityDb.ExecuteAsync($"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, '{rows.GetString(0).Replace("'", "''", StringComparison.Ordinal)}'::jsonb)");
        }
    }

    // Half of it of a month that has a partition, half so old that it has none. Every third event is a purchase.
    private static string OldEventsSql(Guid project)
    {
        var month = DateTime.UtcNow.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        var next = DateTime.UtcNow.AddMonths(1).ToString("yyyy-MM", CultureInfo.InvariantCulture);
        return $"""
            CREATE TABLE events_{month.Replace('-', '_')} PARTITION OF events FOR VALUES FROM ('{month}-01 00:00+00') TO ('{next}-01 00:00+00');
            INSERT INTO event_names VALUES ('{project}', 1, 'view'), ('{project}', 2, 'buy');
            INSERT INTO ids (project_id, key, raw_id, person_id, first_seen, canonical)
            SELECT '{project}', n, 'user-' || n, gen_random_uuid(), '2020-01-01', n FROM generate_series(1, {OldPeople}) n;
            SELECT setval(pg_get_serial_sequence('ids', 'key'), {OldPeople});
            INSERT INTO events (project_id, ts, id, name_code, user_key, props, received_at, idempotency_key)
            SELECT '{project}', day + n * interval '1 second', gen_random_uuid(), CASE WHEN n % 3 = 0 THEN 2 ELSE 1 END, 1 + n % {OldPeople},
                   jsonb_build_object('price', n), now(), 'old-' || n
            FROM (VALUES (timestamptz '{month}-01 00:00+00', 1), (date_trunc('day', now(), 'UTC') - interval '3 years', {(OldEvents / 2) + 1})) d(day, first),
                 generate_series(first, first + {(OldEvents / 2) - 1}) n;
            INSERT INTO event_keys_0 VALUES ('{project}', '{EventKey.Of(project, "old-1")}');
            INSERT INTO project_seq VALUES ('{project}', 1);
            INSERT INTO outbox (project_id, n, entry_id, kind, event_count, min_ts, max_ts)
            SELECT '{project}', 1, gen_random_uuid(), 1, count(*), min(ts), max(ts) FROM events;
            INSERT INTO dead_letters (id, project_id, event, reason, detail) VALUES (gen_random_uuid(), '{project}', '', 'invalid_props', 'of then');
            """;
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    /// <summary>A database of one test on the running system's server.</summary>
    private sealed class OldDatabase(string server, string name) : IAsyncDisposable
    {
        public string Connection { get; } = new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = false }.ConnectionString;

        public static async Task<OldDatabase> CreateAsync(NimbusSystem nimbus, string like)
        {
            var server = new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync(like)) { Pooling = false }.ConnectionString;
            var database = new OldDatabase(server, $"upgrade_{like}_{Guid.CreateVersion7():N}");
            await ExecuteAsync(server, $"CREATE DATABASE {database.Name}");
            return database;
        }

        private string Name => name;

        public Task ExecuteAsync(string sql) => ExecuteAsync(Connection, sql);

        public async Task<object?> AskAsync(string sql)
        {
            await using var source = NpgsqlDataSource.Create(Connection);
            await using var command = source.CreateCommand(sql);
            return await command.ExecuteScalarAsync();
        }

        public async Task<List<T>> ListAsync<T>(string sql)
        {
            await using var source = NpgsqlDataSource.Create(Connection);
            await using var command = source.CreateCommand(sql);
            await using var reader = await command.ExecuteReaderAsync();
            var list = new List<T>();
            while (await reader.ReadAsync())
                list.Add(reader.GetFieldValue<T>(0));
            return list;
        }

        public async ValueTask DisposeAsync() => await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");

        private static async Task ExecuteAsync(string connection, string sql)
        {
            await using var source = NpgsqlDataSource.Create(connection);
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }
}
