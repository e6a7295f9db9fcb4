using System.Globalization;
using Npgsql;

namespace Nimbus.Events.Schema;

/// <summary>
/// Makes the monthly partitions of <c>events</c>. They exist before an event can need them: from two years back to three
/// months ahead, and no event is stored more than a day ahead. Whatever is older lies in <c>events_default</c>. A month that
/// no project keeps has none.
/// </summary>
public static class MonthlyPartitions
{
    private const int MonthsBack = 24;
    private const int MonthsAhead = 3;

    /// <summary>Makes the partitions that are missing around <paramref name="now"/>; does nothing when none is.</summary>
    /// <param name="connection">Open, outside a transaction, holding <see cref="AdvisoryLocks.Schema"/>.</param>
    /// <returns>How many were made.</returns>
    public static async Task<int> EnsureAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken ct)
    {
        var made = 0;
        var attached = await AttachedAsync(connection, ct);
        var floor = await CommonFloorAsync(connection, ct);
        foreach (var month in Around(now).Where(month => !attached.Contains(NameOf(month)) && EndOf(month) > floor))
        {
            await MakeAsync(connection, month, ct);
            made++;
        }
        return made;
    }

    /// <summary>Drops the partitions of the months that no project keeps.</summary>
    /// <param name="connection">Open, outside a transaction.</param>
    /// <returns>How many were dropped.</returns>
    public static async Task<int> DropExpiredAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var floor = await CommonFloorAsync(connection, ct);
        if (floor == DateTimeOffset.MinValue)
            return 0;
        var expired = (await AttachedAsync(connection, ct)).Where(name => MonthOf(name) is { } month && EndOf(month) <= floor).ToList();
        foreach (var name in expired)
        {
            await ExecuteAsync(connection, string.Create(
                CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({AdvisoryLocks.Schema}); DROP TABLE IF EXISTS {name};"), ct);
        }
        return expired.Count;
    }

    /// <summary>The first days of the months that have a partition of their own at <paramref name="now"/>, in order.</summary>
    public static IEnumerable<DateOnly> Around(DateTimeOffset now)
    {
        var thisMonth = new DateOnly(now.UtcDateTime.Year, now.UtcDateTime.Month, 1);
        return Enumerable.Range(-MonthsBack, MonthsBack + 1 + MonthsAhead).Select(thisMonth.AddMonths);
    }

    /// <summary>For example <c>events_2026_11</c>.</summary>
    public static string NameOf(DateOnly month) => month.ToString("'events_'yyyy_MM", CultureInfo.InvariantCulture);

    private static DateOnly? MonthOf(string name) =>
        DateOnly.TryParseExact(name, "'events_'yyyy_MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) ? month : null;

    private static DateTimeOffset EndOf(DateOnly month) => new(month.AddMonths(1), TimeOnly.MinValue, TimeSpan.Zero);

    /// <summary>The first instant that some project keeps; the least there is where one keeps everything.</summary>
    private static async Task<DateTimeOffset> CommonFloorAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        // Every project with an event has its row in project_seq.
        const string FloorSql = """
            SELECT CASE WHEN bool_and(f.floor IS NOT NULL) THEN min(f.floor) END
            FROM project_seq s LEFT JOIN project_floors f ON f.project_id = s.project_id
            """;
        await using var command = new NpgsqlCommand(FloorSql, connection);
        return await command.ExecuteScalarAsync(ct) is DateTime floor ? new DateTimeOffset(floor) : DateTimeOffset.MinValue;
    }

    private static async Task<HashSet<string>> AttachedAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        const string AttachedSql = """
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'events'::regclass AND NOT i.inhdetachpending
            """;
        var names = new HashSet<string>();
        await using var command = new NpgsqlCommand(AttachedSql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            names.Add(reader.GetString(0));
        return names;
    }

    private static async Task MakeAsync(NpgsqlConnection connection, DateOnly month, CancellationToken ct)
    {
        // Names and bounds cannot be bound in DDL; both come from a DateOnly.
        var name = NameOf(month);
        var from = Bound(month);
        var to = Bound(month.AddMonths(1));

        // The check lets ATTACH believe without looking that the default partition holds nothing of the month: else it
        // would read all of it under an exclusive lock. While the check stands, rows of that month are refused (23514).
        await ExecuteAsync(connection, $"""
            CREATE TABLE IF NOT EXISTS {name} (LIKE events INCLUDING ALL);
            ALTER TABLE events_default DROP CONSTRAINT IF EXISTS without_{name};
            ALTER TABLE events_default ADD CONSTRAINT without_{name} CHECK (ts < {from} OR ts >= {to}) NOT VALID;
            """, ct);
        await ExecuteAsync(connection, $"""
            INSERT INTO {name} SELECT * FROM events_default WHERE ts >= {from} AND ts < {to};
            DELETE FROM events_default WHERE ts >= {from} AND ts < {to};
            ALTER TABLE events_default VALIDATE CONSTRAINT without_{name};
            ALTER TABLE events ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to});
            ALTER TABLE events_default DROP CONSTRAINT without_{name};
            """, ct);
    }

    private static string Bound(DateOnly day) =>
        string.Create(CultureInfo.InvariantCulture, $"timestamptz '{day:yyyy-MM-dd} 00:00:00+00'");

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var command = new NpgsqlCommand("SET LOCAL lock_timeout = '10s';" + sql, connection, transaction);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
    }
}
