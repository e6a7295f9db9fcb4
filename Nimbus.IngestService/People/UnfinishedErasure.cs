using Nimbus.IngestService.Writing;
using Npgsql;

namespace Nimbus.IngestService.People;

/// <summary>An erasure that the job has not done with.</summary>
/// <param name="FirstTs">No event of the person is earlier.</param>
/// <param name="DeletedTo">Their events before this are deleted; null before the first are.</param>
/// <param name="Days">Which days have been told to be read again; null for all.</param>
/// <param name="LastN">The project's change with which the last of it went from the answers.</param>
/// <param name="Waiting">The places that are to be rewritten.</param>
internal sealed record UnfinishedErasure(
    Guid Project, Guid Id, DateTimeOffset RequestedAt, long[] Keys, IReadOnlySet<DateOnly>? Days, DateTime FirstTs, DateTime? DeletedTo,
    bool AreEventsDeleted, long LastN, IReadOnlySet<string> Waiting)
{
    private const string AllSql = """
        SELECT e.project_id, e.erasure_id, e.requested_at, e.keys, e.days, e.first_ts, e.deleted_to, e.events_deleted_at IS NOT NULL, e.last_n,
               ARRAY(SELECT p.place FROM erasure_places p
                     WHERE p.project_id = e.project_id AND p.erasure_id = e.erasure_id AND p.state = 'waiting')
        FROM erasures e WHERE e.completed_at IS NULL ORDER BY e.requested_at
        """;

    private const string MarkSql = """
        UPDATE erasure_places p SET state = @state, done_at = CASE WHEN @state <> 'waiting' THEN statement_timestamp() END, detail = @detail
        FROM unnest(@projects, @erasures) AS n(project_id, erasure_id)
        WHERE p.project_id = n.project_id AND p.erasure_id = n.erasure_id AND p.place = @place AND p.state = 'waiting'
          AND (@state <> 'waiting' OR p.detail IS DISTINCT FROM @detail)
        """;

    public static async Task<List<UnfinishedErasure>> AllAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var command = database.CreateCommand(AllSql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var all = new List<UnfinishedErasure>();
        while (await reader.ReadAsync(ct))
        {
            all.Add(new UnfinishedErasure(
                reader.GetGuid(0), reader.GetGuid(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<long[]>(3),
                reader.IsDBNull(4) ? null : reader.GetFieldValue<DateOnly[]>(4).ToHashSet(), reader.GetDateTime(5),
                reader.IsDBNull(6) ? null : reader.GetDateTime(6), reader.GetBoolean(7), reader.GetInt64(8),
                reader.GetFieldValue<string[]>(9).ToHashSet()));
        }
        return all;
    }

    /// <summary>Says in the receipts how far a place is.</summary>
    /// <param name="detail">What it waits for, or what is left to do; null for nothing.</param>
    public static async Task MarkAsync(
        NpgsqlDataSource database, IReadOnlyCollection<UnfinishedErasure> erasures, string place, PlaceState state, string? detail, CancellationToken ct)
    {
        await using var command = database.CreateCommand(MarkSql);
        command.Parameters.Add(StoreTransaction.Uuids("projects", erasures.Select(erasure => erasure.Project)));
        command.Parameters.Add(StoreTransaction.Uuids("erasures", erasures.Select(erasure => erasure.Id)));
        command.Parameters.AddWithValue("place", place);
        command.Parameters.AddWithValue("state", Erasures.NameOf(state));
        command.Parameters.AddWithValue("detail", detail ?? "");
        await command.ExecuteNonQueryAsync(ct);
    }
}
