using System.Buffers.Binary;
using System.Diagnostics;
using Nimbus.Events.Schema;
using Nimbus.IngestService.Writing;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>
/// What the database does for the writer's SQL alone: a client with the rows ready-made as COPY takes them, that runs the same
/// statements in the same transactions on as many connections, and nothing else.
/// </summary>
internal sealed class Yardstick(NpgsqlDataSource database, LoadProject project)
{
    private const int Batches = 100;
    private const int CopyHeaderBytes = 19;
    private static readonly WriterOptions Writer = new();

    private readonly List<byte[]> _batches = [];

    /// <summary>Takes rows that a load has stored as what is to be stored again.</summary>
    public async Task PrepareAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var copy = await connection.BeginRawBinaryCopyAsync($"""
            COPY (SELECT {EventCopy.ColumnList} FROM events WHERE project_id = '{project.Id}' LIMIT {Batches * BatchLoad.BatchSize})
            TO STDOUT (FORMAT BINARY)
            """, ct);
        using var all = new MemoryStream();
        await copy.CopyToAsync(all, ct);
        Split(all.GetBuffer().AsMemory(0, (int)all.Length));
    }

    /// <summary>Events a second.</summary>
    public async Task<double> RunAsync(TimeSpan duration, CancellationToken ct)
    {
        var perTransaction = Math.Max(1, Writer.EventsPerTransaction / BatchLoad.BatchSize);
        var stored = 0L;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Writer.Lanes).Select(lane => Task.Run(
            async () =>
            {
                await using var connection = await database.OpenConnectionAsync(ct);
                for (var i = lane * _batches.Count / Writer.Lanes; clock.Elapsed < duration; i += perTransaction)
                {
                    await StoreAsync(connection, [.. Enumerable.Range(i, perTransaction).Select(batch => _batches[batch % _batches.Count])], ct);
                    Interlocked.Add(ref stored, perTransaction * BatchLoad.BatchSize);
                }
            },
            ct)));
        return stored / clock.Elapsed.TotalSeconds;
    }

    private async Task StoreAsync(NpgsqlConnection connection, List<byte[]> batches, CancellationToken ct)
    {
        var events = batches.Count * BatchLoad.BatchSize;
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var entries = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                Command(StoredEntries.SettingsSql, new NpgsqlParameter("timeout", "30000ms")),
                Command(StoredEntries.EntriesSql,
                    StoreTransaction.Uuids("projects", batches.Select(_ => project.Id)),
                    StoreTransaction.Uuids("entries", batches.Select(_ => Guid.NewGuid())),
                    StoreTransaction.Ints("counts", batches.Select(_ => BatchLoad.BatchSize))),
                Command(StoredEntries.KeyGenerationLockSql, new NpgsqlParameter("lock", AdvisoryLocks.KeyGenerations)),
                Command(StoredEntries.StateSql),
            },
        })
        {
            await entries.ExecuteNonQueryAsync(ct);
        }
        await using (var keys = new NpgsqlCommand(EventKeys.InsertSql(1), connection, transaction))
        {
            keys.Parameters.Add(StoreTransaction.Uuids("projects", Enumerable.Repeat(project.Id, events)));
            keys.Parameters.Add(StoreTransaction.Uuids("keys", Enumerable.Range(0, events).Select(_ => Guid.NewGuid())));
            await using var reader = await keys.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                reader.GetGuid(1);
        }
        await using (var copy = await connection.BeginRawBinaryCopyAsync(EventCopy.CopySql, ct))
        {
            for (var i = 0; i < batches.Count; i++)
            {
                // One stream of rows: one header at its start, one end at its end.
                var rows = batches[i].AsMemory();
                await copy.WriteAsync(rows[(i == 0 ? 0 : CopyHeaderBytes)..(i == batches.Count - 1 ? rows.Length : rows.Length - 2)], ct);
            }
        }
        await using (var outbox = new NpgsqlCommand(Outbox.WriteSql, connection, transaction))
        {
            outbox.Parameters.AddRange(OutboxRows(batches.Count));
            await outbox.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
    }

    private NpgsqlParameter[] OutboxRows(int count)
    {
        var rows = Enumerable.Range(0, count).ToList();
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        return
        [
            StoreTransaction.Uuids("projects", rows.Select(_ => project.Id)),
            StoreTransaction.Ints("later", rows.Select(row => count - 1 - row)),
            StoreTransaction.Uuids("entries", rows.Select(_ => Guid.NewGuid())),
            StoreTransaction.Array("kinds", NpgsqlDbType.Smallint, rows.Select(_ => (short)1).ToArray()),
            StoreTransaction.Ints("counts", rows.Select(_ => BatchLoad.BatchSize)),
            StoreTransaction.TimesOrNull("min_ts", rows.Select(_ => (long?)now)),
            StoreTransaction.TimesOrNull("max_ts", rows.Select(_ => (long?)now)),
            StoreTransaction.Uuids("first_ids", rows.Select(_ => Guid.Empty)),
            StoreTransaction.Uuids("last_ids", rows.Select(_ => Guid.Empty)),
            StoreTransaction.Array("changed_ids", NpgsqlDbType.Text, new string?[count]),
        ];
    }

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }

    /// <summary>Cuts one stream of rows into streams of a batch each.</summary>
    private void Split(ReadOnlyMemory<byte> copy)
    {
        var header = copy[..CopyHeaderBytes];
        var (start, rows, at) = (CopyHeaderBytes, 0, CopyHeaderBytes);
        while (BinaryPrimitives.ReadInt16BigEndian(copy.Span[at..]) is > 0 and var columns)
        {
            at += sizeof(short);
            for (var column = 0; column < columns; column++)
                at += sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(copy.Span[at..]));
            if (++rows < BatchLoad.BatchSize)
                continue;
            _batches.Add([.. header.Span, .. copy.Span[start..at], 0xFF, 0xFF]);
            (start, rows) = (at, 0);
        }
        if (_batches.Count == 0)
            throw new InvalidOperationException($"The load has stored fewer than {BatchLoad.BatchSize} events.");
    }
}
