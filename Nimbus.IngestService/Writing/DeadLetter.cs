using System.Security.Cryptography;
using Nimbus.IngestService.Buffering;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.IngestService.Writing;

/// <summary>What cannot be stored, kept as it was received.</summary>
/// <param name="Id">The same for the same thing, so that it is kept once however often it is read.</param>
/// <param name="Reason">A stable word.</param>
/// <param name="Detail">What PostgreSQL, or reading, says about it.</param>
/// <param name="Entry">An entry of this event alone, from which it can be stored again as it is; null where it was none.</param>
internal sealed record DeadLetter(
    Guid Id, Guid? ProjectId, Guid? EntryId, int? Index, ReadOnlyMemory<byte> Event, string Reason, string Detail, byte[]? Entry = null)
{
    private const string InsertSql = """
        INSERT INTO dead_letters (id, project_id, entry_id, index, event, reason, detail, entry)
        VALUES (@id, @project, @entry_id, @index, @event, @reason, @detail, @entry)
        ON CONFLICT (id) DO NOTHING
        """;

    // Still as it was first received: a correction that did not help is not what a client sent.
    private const string FailedAgainSql =
        "UPDATE dead_letters SET attempts = attempts + 1, reason = @reason, detail = @detail WHERE project_id = @project AND id = @id";

    /// <summary>Whether the letter is there already, and its event was not taken this time either.</summary>
    public bool IsReplay { get; private init; }

    /// <summary>An event that PostgreSQL does not take.</summary>
    public static DeadLetter OfEvent(EventRow row, Exception fault) => new(
        row.Entry.Replays ?? row.Id, row.ProjectId, row.Entry.EntryId, row.Event.Index, row.Event.Original, "cannot_be_stored",
        fault is PostgresException refused ? $"{refused.SqlState}: {refused.MessageText}" : fault.Message,
        EntryCodec.Encode(row.Entry with { Events = [row.Event], Refused = [], Replays = null }))
    {
        IsReplay = row.Entry.Replays is not null,
    };

    /// <summary>An element of an SDK's request that was no event, though the request was answered with success.</summary>
    public static DeadLetter OfRefused(Entry entry, RefusedEvent refused) => new(
        entry.IdOf(refused.Index), entry.ProjectId, entry.EntryId, refused.Index, refused.Original, refused.Reason,
        "Refused by intake; the rest of its request was taken.");

    /// <summary>An entry of the stream that cannot be read.</summary>
    public static DeadLetter OfEntry(ReadOnlyMemory<byte> bytes, string fault) => new(
        new Guid(SHA256.HashData(bytes.Span).AsSpan(0, 16)), null, null, null, bytes, "unreadable_entry", fault);

    public async Task AddAsync(StoreTransaction store, CancellationToken ct)
    {
        if (IsReplay)
        {
            await using var again = store.Command(
                FailedAgainSql,
                new NpgsqlParameter("project", ProjectId!.Value),
                new NpgsqlParameter("id", Id), new NpgsqlParameter("reason", Reason), new NpgsqlParameter("detail", Detail));
            await again.ExecuteNonQueryAsync(ct);
            return;
        }
        await using var command = store.Command(
            InsertSql,
            new NpgsqlParameter("id", Id),
            new NpgsqlParameter("project", NpgsqlDbType.Uuid) { Value = (object?)ProjectId ?? DBNull.Value },
            new NpgsqlParameter("entry_id", NpgsqlDbType.Uuid) { Value = (object?)EntryId ?? DBNull.Value },
            new NpgsqlParameter("index", NpgsqlDbType.Integer) { Value = (object?)Index ?? DBNull.Value },
            new NpgsqlParameter("event", NpgsqlDbType.Bytea) { Value = Event.ToArray() },
            new NpgsqlParameter("reason", Reason),
            new NpgsqlParameter("detail", Detail),
            new NpgsqlParameter("entry", NpgsqlDbType.Bytea) { Value = (object?)Entry ?? DBNull.Value });
        await command.ExecuteNonQueryAsync(ct);
    }
}
