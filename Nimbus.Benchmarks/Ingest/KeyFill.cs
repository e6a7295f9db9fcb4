using System.Buffers.Binary;
using Nimbus.Events;
using Npgsql;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>Fills the two generations of event keys, as weeks of traffic would have.</summary>
internal static class KeyFill
{
    private static ReadOnlySpan<byte> CopyHeader =>
        [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Closes a generation of this many keys of the project, and makes one of as many the current one.</summary>
    public static async Task RunAsync(NpgsqlDataSource database, Guid project, int keys, CancellationToken ct)
    {
        await Task.WhenAll(
            FillAsync(database, 0, project, EventBodies.ClosedKeys, keys, ct),
            FillAsync(database, 1, project, EventBodies.CurrentKeys, keys, ct));
        await ExecuteAsync(database, "UPDATE event_key_generation SET current = 1, since = now()", ct);
        await ExecuteAsync(database, "CHECKPOINT", ct);
    }

    private static async Task FillAsync(
        NpgsqlDataSource database, int generation, Guid project, string prefix, int keys, CancellationToken ct)
    {
        var table = $"event_keys_{generation}";
        // An index over what is there is made many times faster than one that grows with it.
        await ExecuteAsync(database, $"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey", ct);
        await using (var connection = await database.OpenConnectionAsync(ct))
        await using (var copy = await connection.BeginRawBinaryCopyAsync($"COPY {table} (project_id, k) FROM STDIN (FORMAT BINARY)", ct))
        {
            await copy.WriteAsync(CopyHeader.ToArray(), ct);
            var rows = new byte[10_000 * RowBytes];
            for (var done = 0; done < keys; done += 10_000)
            {
                var count = Math.Min(10_000, keys - done);
                for (var i = 0; i < count; i++)
                    WriteRow(rows.AsSpan(i * RowBytes), project, EventKey.Of(project, $"{prefix}{done + i:D16}"));
                await copy.WriteAsync(rows.AsMemory(0, count * RowBytes), ct);
            }
            await copy.WriteAsync(new byte[] { 0xFF, 0xFF }, ct);
        }
        await ExecuteAsync(database, $"""
            SET maintenance_work_mem = '512MB';
            ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (project_id, k);
            RESET maintenance_work_mem
            """, ct);
        await ExecuteAsync(database, $"VACUUM ANALYZE {table}", ct);
    }

    private const int RowBytes = 2 + 2 * (4 + 16);

    private static void WriteRow(Span<byte> row, Guid project, Guid key)
    {
        BinaryPrimitives.WriteInt16BigEndian(row, 2);
        BinaryPrimitives.WriteInt32BigEndian(row[2..], 16);
        project.TryWriteBytes(row[6..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(row[22..], 16);
        key.TryWriteBytes(row[26..], bigEndian: true, out _);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }
}
