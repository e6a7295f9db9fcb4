using Nimbus.Events.Schema;
using Nimbus.IngestService.Writing;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.IngestService.People;

/// <summary>Deletes the events of an erased person, month by month: a killed job goes on where it was.</summary>
internal sealed class ErasedEvents(NpgsqlDataSource database)
{
    // By events_by_time. Nothing else about the person is in the tables by now, so nobody waits for this.
    private const string DeleteSql = """
        WITH gone AS (
            DELETE FROM events e
            WHERE e.project_id = @project AND e.ts >= @from AND e.ts < @to AND coalesce(e.user_key, e.anon_key) = ANY(@keys)
            RETURNING (e.ts AT TIME ZONE 'UTC')::date AS day)
        SELECT day, count(*) FROM gone GROUP BY day
        """;

    // Somebody else's event on a device that was the person's: it stays, without the device's id.
    private const string ForgetDeviceSql = """
        UPDATE events e SET anon_key = NULL
        WHERE e.project_id = @project AND e.ts >= @from AND e.ts < @to AND e.anon_key = ANY(@keys)
        """;

    private const string ProgressSql = """
        UPDATE erasures SET deleted_to = @to, event_count = event_count + @count, last_n = greatest(last_n, @n),
                            events_deleted_at = CASE WHEN @is_last THEN statement_timestamp() END
        WHERE project_id = @project AND erasure_id = @erasure
        """;

    public async Task DeleteAsync(UnfinishedErasure erasure, CancellationToken ct)
    {
        // No event is more than a day ahead.
        var end = erasure.RequestedAt.UtcDateTime.AddDays(2);
        for (var from = erasure.DeletedTo ?? Min(erasure.FirstTs, end); ;)
        {
            var to = Min(new DateTime(from.Year, from.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1), end);
            await DeleteAsync(erasure, from, to, isLast: to == end, ct);
            if (to == end)
                return;
            from = to;
        }
    }

    private async Task DeleteAsync(UnfinishedErasure erasure, DateTime from, DateTime to, bool isLast, CancellationToken ct)
    {
        await using var transaction = await PeopleTransaction.BeginAsync(database, erasure.Project, ct);
        await transaction.ExecuteAsync("SELECT set_config('statement_timeout', '0', true)", ct);
        var days = await DaysAsync(transaction, Command(transaction, DeleteSql, erasure, from, to), ct);
        await using (var forget = Command(transaction, ForgetDeviceSql, erasure, from, to))
            await forget.ExecuteNonQueryAsync(ct);
        // Events of days that nobody was told of arrived while the person was being erased.
        var n = 0L;
        foreach (var range in DayRanges.Of(days.Keys.Where(day => erasure.Days?.Contains(day) == false)))
            n = await Outbox.WriteAsync(transaction.Store, erasure.Project, erasure.Id, OutboxKind.EventsDeleted, null, range, ct);
        await transaction.ExecuteAsync(
            ProgressSql, ct, Time("to", to), new NpgsqlParameter("count", days.Values.Sum()), new NpgsqlParameter("n", n),
            new NpgsqlParameter("is_last", isLast), new NpgsqlParameter("erasure", erasure.Id));
        await transaction.CommitAsync(ct);
    }

    private static async Task<Dictionary<DateOnly, long>> DaysAsync(PeopleTransaction transaction, NpgsqlCommand delete, CancellationToken ct)
    {
        await using (delete)
        {
            delete.CommandTimeout = 0;
            await using var reader = await delete.ExecuteReaderAsync(ct);
            var days = new Dictionary<DateOnly, long>();
            while (await reader.ReadAsync(ct))
                days.Add(reader.GetFieldValue<DateOnly>(0), reader.GetInt64(1));
            return days;
        }
    }

    private static NpgsqlCommand Command(PeopleTransaction transaction, string sql, UnfinishedErasure erasure, DateTime from, DateTime to)
    {
        var command = transaction.Command(sql, Time("from", from), Time("to", to), StoreTransaction.Longs("keys", erasure.Keys));
        command.CommandTimeout = 0;
        return command;
    }

    private static DateTime Min(DateTime a, DateTime b) => a < b ? a : b;

    private static NpgsqlParameter Time(string name, DateTime value) => new(name, NpgsqlDbType.TimestampTz) { Value = value };
}
