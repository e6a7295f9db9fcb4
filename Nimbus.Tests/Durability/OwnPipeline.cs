using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nimbus.Events;
using Nimbus.Events.Schema;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Ingest;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.Tests.Durability;

/// <summary>
/// A pipeline of one test: a stream and a database of its own on the running system's servers, an intake in this process, and
/// writers that the test starts, stops and kills. So it may be maltreated, and only its test waits.
/// </summary>
internal sealed class OwnPipeline : IAsyncDisposable
{
    // The tests of the collection take turns, and nothing else of the system uses it. A cluster only has the one.
    private readonly int _redisDatabase;
    public const string Stream = "nimbus:events:{0}";
    public const string Group = "writers";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    // By the server's port: there is one for each running system.
    private static readonly ConcurrentDictionary<int, string> s_templates = [];

    private readonly NimbusSystem _nimbus;
    private readonly string _database;
    private readonly ConnectionMultiplexer _redis;
    private readonly Dictionary<string, string> _settings;
    private readonly List<WriterProcess> _writers = [];
    private int _shards = 1;

    private OwnPipeline(NimbusSystem nimbus, TestProject project, string database, Dictionary<string, string> settings, ConnectionMultiplexer redis, int redisDatabase)
    {
        _nimbus = nimbus;
        _redisDatabase = redisDatabase;
        Project = project;
        _database = database;
        _settings = settings;
        _redis = redis;
        // Tests cut connections off, and a pool would not know.
        Events = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(EventsConnection) { Pooling = false }.ConnectionString);
    }

    public TestProject Project { get; }

    public IntakeHost Intake { get; private set; } = null!;

    public NpgsqlDataSource Events { get; }

    public IDatabase Redis => _redis.GetDatabase(_redisDatabase);

    public string EventsConnection => _settings["ConnectionStrings:eventsdb"];

    /// <param name="intake">Settings of intake.</param>
    /// <param name="redisConnection">Of another Redis than the running system's.</param>
    /// <param name="tablespace">Where its database lies, if not where all do.</param>
    /// <param name="shards">Of the stream.</param>
    /// <param name="isCluster">That Redis is a cluster.</param>
    /// <param name="isDistributed">The writer takes PostgreSQL for a cluster.</param>
    public static async Task<OwnPipeline> CreateAsync(
        NimbusSystem nimbus, Dictionary<string, string>? intake = null, string? redisConnection = null, string? tablespace = null,
        int shards = 1, bool isCluster = false, bool isDistributed = false)
    {
        var redisDatabase = isCluster ? 0 : 1;
        var project = await TestProject.CreateAsync(nimbus);
        var server = new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync("eventsdb"));
        var database = $"durability_{Guid.CreateVersion7():N}";
        if (!s_templates.TryGetValue(server.Port, out var template))
            s_templates[server.Port] = template = await MakeTemplateAsync(server);
        await RunAsync(server.ConnectionString, $"CREATE DATABASE {database} TEMPLATE {template} {(tablespace is null ? "" : $"TABLESPACE {tablespace}")}");
        server.Database = database;

        var redisText = redisConnection ?? await nimbus.ConnectionStringAsync("redis");
        using var identity = nimbus.Service("identity");
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings:eventsdb"] = server.ConnectionString,
            ["ConnectionStrings:redis"] = $"{redisText},defaultDatabase={redisDatabase}",
            ["services:identity:http:0"] = identity.BaseAddress!.ToString(),
            ["Nimbus:Jwt:Secret"] = NimbusSystem.JwtSecret,
            ["Nimbus:RateLimit:Enabled"] = "false",
            ["Nimbus:Events:Shards"] = $"{shards}",
            ["Nimbus:Events:Distributed"] = isDistributed ? "true" : "false",
        };
        var redis = await ConnectionMultiplexer.ConnectAsync($"{redisText},allowAdmin=true,abortConnect=false");
        foreach (var node in redis.GetEndPoints())
            await redis.GetServer(node).FlushDatabaseAsync(redisDatabase);
        var pipeline = new OwnPipeline(nimbus, project, database, settings, redis, redisDatabase) { _shards = shards };
        await pipeline.StartIntakeAsync(intake ?? []);
        return pipeline;
    }

    /// <summary>A writer over the pipeline's stores.</summary>
    public WriterProcess StartWriter(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(_settings);
        foreach (var (name, value) in settings)
            all[$"Nimbus:Writer:{name}"] = value;
        var writer = WriterProcess.Start(all);
        _writers.Add(writer);
        return writer;
    }

    /// <summary>Another project whose events go the same way.</summary>
    public Task<TestProject> OtherProjectAsync() => Project.Owner.CreateProjectAsync();

    /// <summary>One signed request with an event for each id, in its property <c>id</c>, and as its key where it is to have one.</summary>
    public SignedRequest Request(IEnumerable<string> ids, bool keyed = false) => new(Project, Body(ids, keyed)) { Gateway = Intake.Client };

    /// <summary>Sends events with these ids, and fails where they are not taken.</summary>
    public async Task SendAsync(IEnumerable<string> ids, bool keyed = false)
    {
        using var answer = await Request(ids, keyed).SendAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
    }

    public static string[] Ids(string prefix, int count) => [.. Enumerable.Range(0, count).Select(i => $"{prefix}-{i}")];

    /// <summary>The ids of what is stored, as often as they are.</summary>
    public async Task<List<string>> StoredAsync()
    {
        var stored = new List<string>();
        await using var command = Events.CreateCommand("SELECT props ->> 'id' FROM events WHERE project_id = $1 ORDER BY 1");
        command.Parameters.AddWithValue(Project.Id);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            stored.Add(reader.GetString(0));
        return stored;
    }

    /// <summary>Waits until the stream is empty and checks that exactly these ids are stored, each once.</summary>
    public async Task HasStoredAsync(IEnumerable<string> ids, TimeSpan? within = null)
    {
        await Eventually.TrueAsync(
            async () => await WaitingAsync() == 0, () => $"entries wait in the stream:\n{string.Join("\n\n", _writers.Select(writer => writer.Output))}",
            within ?? Patience);
        Assert.Equal(ids.Order(StringComparer.Ordinal), (await StoredAsync()).Order(StringComparer.Ordinal));
    }

    /// <summary>Waits until this many events are stored.</summary>
    public async Task WaitForStoredAsync(long count, TimeSpan? within = null)
    {
        long stored = -1;
        await Eventually.TrueAsync(
            async () => (stored = await AskAsync<long>("SELECT count(*) FROM events")) >= count,
            () => $"{stored} of {count} are stored:\n{string.Join("\n\n", _writers.Select(writer => writer.Output))}", within ?? Patience);
    }

    /// <summary>How many entries wait; -1 while Redis does not tell.</summary>
    public async Task<long> WaitingAsync()
    {
        try
        {
            var count = 0L;
            for (var shard = 0; shard < _shards; shard++)
                count += (long)await Redis.ExecuteAsync("XLEN", (RedisKey)$"nimbus:events:{{{shard}}}");
            return count;
        }
        catch (Exception away) when (away is RedisConnectionException || away is RedisServerException && _shards > 1)
        {
            return -1;
        }
    }

    /// <summary>How many entries are in a writer's hands.</summary>
    public async Task<long> PendingAsync() => (long)((RedisResult[])(await Redis.ExecuteAsync("XPENDING", (RedisKey)Stream, Group))!)[0];

    /// <summary>The name of the consumer that has the first entry in hand.</summary>
    public async Task<string?> OwnerAsync()
    {
        var pending = (RedisResult[])(await Redis.ExecuteAsync("XPENDING", (RedisKey)Stream, Group, "-", "+", 1))!;
        return pending is [var first] ? (string?)((RedisResult[])first!)[1] : null;
    }

    public async Task<T> AskAsync<T>(string sql)
    {
        await using var command = Events.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public Task ExecuteAsync(string sql) => RunAsync(EventsConnection, sql);

    /// <summary>The same on the server, from another database: for what concerns this one as a whole.</summary>
    public async Task ExecuteOutsideAsync(string sql) => await RunAsync(await _nimbus.ConnectionStringAsync("eventsdb"), sql.Replace("{database}", _database, StringComparison.Ordinal));

    /// <summary>Keeps writers of the project from committing, at the last statement of their transaction, until disposed.</summary>
    public async Task<NpgsqlTransaction> HoldCommitsAsync()
    {
        await ExecuteAsync($"INSERT INTO project_seq (project_id, n) VALUES ('{Project.Id}', 0) ON CONFLICT DO NOTHING");
        var connection = await Events.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("SELECT n FROM project_seq FOR UPDATE", connection, transaction);
        await hold.ExecuteScalarAsync();
        return transaction;
    }

    /// <summary>Stores the row of a request's entry, as a writer does first of all, in a transaction that is not over.</summary>
    public async Task TakeEntryAsync(NpgsqlTransaction transaction, SignedRequest request)
    {
        var timestamp = request.SignedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(request.Secret), Encoding.UTF8.GetBytes($"{timestamp}:POST:{request.Path}:{request.Body}"));
        await using var entry = new NpgsqlCommand(
            "INSERT INTO ingest_batches (project_id, entry_id, event_count) VALUES ($1, $2, 1)", transaction.Connection, transaction);
        entry.Parameters.AddWithValue(Project.Id);
        entry.Parameters.AddWithValue(new Guid(signature.AsSpan(0, 16), bigEndian: true));
        await entry.ExecuteNonQueryAsync();
    }

    /// <summary>Waits until so many sessions wait for a lock of somebody's.</summary>
    public Task WaitUntilBlockedAsync(int sessions) => Eventually.TrueAsync(
        async () => await AskAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") >= sessions,
        () => $"no {sessions} sessions wait for a lock", TimeSpan.FromSeconds(20));

    public async ValueTask DisposeAsync()
    {
        foreach (var writer in _writers)
            await writer.DisposeAsync();
        await Intake.DisposeAsync();
        await Events.DisposeAsync();
        await _redis.CloseAsync();
        _redis.Dispose();
        NpgsqlConnection.ClearAllPools();
        await ExecuteOutsideAsync("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    }

    private async Task StartIntakeAsync(Dictionary<string, string> more)
    {
        var settings = new Dictionary<string, string>(_settings) { ["Logging:LogLevel:Default"] = "Warning" };
        foreach (var (name, value) in more)
            settings[name] = value;
        Intake = await IntakeHost.StartAsync(_nimbus, settings);
    }

    private static string Body(IEnumerable<string> ids, bool keyed)
    {
        var events = ids.Select(id => $$"""{"name":"load","user_id":"ada",{{(keyed ? $"\"idempotency_key\":\"{id}\"," : "")}}"props":{"id":"{{id}}"} }""");
        // The nonce makes two requests two, also where their events are alike.
        return string.Create(CultureInfo.InvariantCulture, $$"""{"events":[{{string.Join(',', events)}}],"nonce":"{{Guid.NewGuid()}}"}""");
    }

    /// <summary>A database with the schema, copied for each pipeline.</summary>
    private static async Task<string> MakeTemplateAsync(NpgsqlConnectionStringBuilder server)
    {
        var name = $"durability_template_{Guid.CreateVersion7():N}";
        await RunAsync(server.ConnectionString, $"CREATE DATABASE {name}");
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["ConnectionStrings:eventsdb"] = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name, Pooling = false }.ConnectionString;
        builder.Logging.ClearProviders();
        builder.AddEventsDatabase(SchemaRole.Migrates);
        using var host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<EventsSchema>().Ready.WaitAsync(Patience);
        await host.StopAsync();
        return name;
    }

    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
