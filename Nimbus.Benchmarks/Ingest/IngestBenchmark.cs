using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Nimbus.Client;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>
/// Events per second stored through the gateway, and beside it, in the same run on the same server, what a client reaches that
/// does nothing but the writer's SQL for the same batches, ready-made: keys, COPY, project number, outbox.
/// </summary>
internal static class IngestBenchmark
{
    private const int BatchSize = 1000;
    private const int Clients = 4;
    private const int YardstickLanes = 2;

    public static async Task RunAsync(RunningNimbus nimbus, TimeSpan load, CancellationToken ct)
    {
        using var gateway = new HttpClient { BaseAddress = nimbus.Gateway };
        var (project, accepted, storedInTime, drain) = await LoadAsync(gateway, nimbus.Events, load);
        var yardstick = await YardstickAsync(nimbus.Events, project, TimeSpan.FromSeconds(Math.Min(10, load.TotalSeconds)));
        var stored = storedInTime / load.TotalSeconds;
        var figures = new
        {
            seconds = load.TotalSeconds,
            accepted_per_second = Math.Round(accepted / load.TotalSeconds),
            stored_per_second = Math.Round(stored),
            drain_seconds = Math.Round(drain.TotalSeconds, 1),
            yardstick_per_second = Math.Round(yardstick),
            share = Math.Round(stored / yardstick, 3),
        };
        Report.Print("ingest", await Machine.ThisAsync(nimbus.Events, ct), figures, new Table("events per second", "")
            .Add("accepted", $"{figures.accepted_per_second:N0}")
            .Add("stored", $"{figures.stored_per_second:N0}")
            .Add("yardstick", $"{figures.yardstick_per_second:N0}")
            .Add("share", $"{figures.share:P1}"));
    }

    private static async Task<(Guid Project, long Accepted, long Stored, TimeSpan Drain)> LoadAsync(
        HttpClient gateway, NpgsqlDataSource database, TimeSpan load)
    {
        using var api = new NimbusApi(gateway);
        await api.RegisterAsync($"{Guid.CreateVersion7():N}@example.com", "correct horse battery");
        var created = await api.CreateProjectAsync("Benchmark");
        var project = created.Project.Id;
        var accepted = 0L;
        using var end = new CancellationTokenSource(load);
        var token = end.Token;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            using var sender = new NimbusClient(gateway, NimbusCredentials.Hmac(created.Project.ApiKeyId, created.ApiKeySecret));
            for (var batch = 0; !token.IsCancellationRequested; batch++)
            {
                var answer = await sender.SendAsync(Batch(client, batch));
                if (!token.IsCancellationRequested)
                    Interlocked.Add(ref accepted, answer.Accepted);
            }
        })));
        var stored = await CountAsync(database, project);
        var draining = Stopwatch.StartNew();
        for (long before = -1, now = stored; before != now || draining.Elapsed < TimeSpan.FromSeconds(3); before = now, now = await CountAsync(database, project))
            await Task.Delay(1000);
        return (project, accepted, stored, draining.Elapsed);
    }

    private static NimbusEvent[] Batch(int client, int batch) => [.. Enumerable.Range(0, BatchSize).Select(i => new NimbusEvent("order.paid")
    {
        UserId = $"user-{(batch * BatchSize + i) % 10_000}",
        IdempotencyKey = $"{client}-{batch}-{i}",
        Properties = new Dictionary<string, object?>
        {
            ["plan"] = i % 3 == 0 ? "pro" : "free", ["amount"] = i * 0.5, ["country"] = "DE", ["page"] = $"/p/{i % 50}", ["first"] = i % 2 == 0,
        },
    })];

    private static async Task<long> CountAsync(NpgsqlDataSource database, Guid project)
    {
        await using var command = database.CreateCommand("SELECT coalesce(sum(event_count), 0)::bigint FROM outbox WHERE project_id = $1");
        command.Parameters.AddWithValue(project);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Events per second of the SQL alone, in a project of its own.</summary>
    private static async Task<double> YardstickAsync(NpgsqlDataSource database, Guid project, TimeSpan bound)
    {
        var copy = Guid.CreateVersion7();
        var batches = new ConcurrentQueue<byte[]>();
        await using (var connection = await database.OpenConnectionAsync())
        {
            // Ready-made: the bytes of COPY for batches that the load has stored, under another project's id. Each begins
            // behind the last event of the one before, so that the index finds it.
            var (after, id) = (DateTime.MinValue.ToUniversalTime(), Guid.Empty);
            for (var batch = 0; batch < 300; batch++)
            {
                await using var last = new NpgsqlCommand("""
                    SELECT ts, id FROM events WHERE project_id = $1 AND (ts, id) > ($2, $3) ORDER BY ts, id OFFSET 999 LIMIT 1
                    """, connection);
                last.Parameters.AddWithValue(project);
                last.Parameters.AddWithValue(after);
                last.Parameters.AddWithValue(id);
                var (until, untilId) = (after, id);
                await using (var reader = await last.ExecuteReaderAsync())
                {
                    if (!await reader.ReadAsync())
                        break;
                    (until, untilId) = (reader.GetDateTime(0), reader.GetGuid(1));
                }
                await using var rows = await connection.BeginRawBinaryCopyAsync(string.Create(CultureInfo.InvariantCulture, $"""
                    COPY (SELECT '{copy}'::uuid, ts, id, name_code, type, user_key, anon_key, props, context, received_at, seq, idempotency_key
                          FROM events WHERE project_id = '{project}' AND (ts, id) > ('{after:O}', '{id}') AND (ts, id) <= ('{until:O}', '{untilId}')
                          ORDER BY ts, id)
                    TO STDOUT (FORMAT BINARY)
                    """));
                using var bytes = new MemoryStream();
                await rows.CopyToAsync(bytes);
                batches.Enqueue(bytes.ToArray());
                (after, id) = (until, untilId);
            }
        }
        var stored = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, YardstickLanes).Select(_ => Task.Run(async () =>
        {
            await using var connection = await database.OpenConnectionAsync();
            // The writer's transactions hold five requests.
            while (clock.Elapsed < bound && !batches.IsEmpty)
            {
                var part = new List<byte[]>();
                while (part.Count < 5 && batches.TryDequeue(out var batch))
                    part.Add(batch);
                await StoreAsync(connection, copy, part);
                Interlocked.Add(ref stored, part.Count * BatchSize);
            }
        })));
        return stored / clock.Elapsed.TotalSeconds;
    }

    private static async Task StoreAsync(NpgsqlConnection connection, Guid project, List<byte[]> batches)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var keys = new NpgsqlCommand(
            "INSERT INTO event_keys_0 (project_id, k) SELECT $1, k FROM unnest($2) AS k ORDER BY k ON CONFLICT DO NOTHING RETURNING k", connection, transaction))
        {
            keys.Parameters.AddWithValue(project);
            keys.Parameters.Add(new NpgsqlParameter
            {
                Value = Enumerable.Range(0, batches.Count * BatchSize).Select(_ => Guid.NewGuid()).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid,
            });
            await keys.ExecuteNonQueryAsync();
        }
        foreach (var batch in batches)
        {
            await using var copy = await connection.BeginRawBinaryCopyAsync("COPY events FROM STDIN (FORMAT BINARY)");
            await copy.WriteAsync(batch);
        }
        await using (var outbox = new NpgsqlCommand("""
            WITH numbered AS (INSERT INTO project_seq AS s (project_id, n) VALUES ($1, 1) ON CONFLICT (project_id) DO UPDATE SET n = s.n + 1 RETURNING n)
            INSERT INTO outbox (project_id, n, entry_id, kind, event_count) SELECT $1, n, gen_random_uuid(), 1, $2 FROM numbered
            """, connection, transaction))
        {
            outbox.Parameters.AddWithValue(project);
            outbox.Parameters.AddWithValue(batches.Count * BatchSize);
            await outbox.ExecuteNonQueryAsync();
        }
        await transaction.CommitAsync();
    }
}
