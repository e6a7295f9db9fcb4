using System.Security.Cryptography;
using Nimbus.IngestService.Buffering;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.IngestService.Writing;

/// <summary>What cannot be stored, kept as it was received.</summary>
/// <param name="Id">The same for the same thing, so that it is kept once however often it is read.</param>
/// <param name="Reason">A stable word.</param>
/// <param name="Detail">What PostgreSQL, or reading, says about it.</param>
internal sealed record DeadLetter(
    Guid Id, Guid? ProjectId, Guid? EntryId, int? Index, ReadOnlyMemory<byte> Event, string Reason, string Detail)
{
    private const string InsertSql = """
        INSERT INTO dead_letters (id, project_id, entry_id, index, event, reason, detail)
        VALUES (@id, @project, @entry, @index, @event, @reason, @detail)
        ON CONFLICT (id) DO NOTHING
        """;

    /// <summary>An event that PostgreSQL does not take.</summary>
    public static DeadLetter OfEvent(EventRow row, Exception fault) => new(
        row.Id, row.ProjectId, row.Entry.EntryId, row.Event.Index, row.Event.Original, "cannot_be_stored",
        fault is PostgresException refused ? $"{refused.SqlState}: {refused.MessageText}" : fault.Message);

    /// <summary>An element of an SDK's request that was no event, though the request was answered with success.</summary>
    public static DeadLetter OfRefused(Entry entry, RefusedEvent refused) => new(
        entry.IdOf(refused.Index), entry.ProjectId, entry.EntryId, refused.Index, refused.Original, refused.Reason,
        "Refused by intake; the rest of its request was taken.");

    /// <summary>An entry of the stream that cannot be read.</summary>
    public static DeadLetter OfEntry(ReadOnlyMemory<byte> bytes, string fault) => new(
        new Guid(SHA256.HashData(bytes.Span).AsSpan(0, 16)), null, null, null, bytes, "unreadable_entry", fault);

    public async Task AddAsync(StoreTransaction store, CancellationToken ct)
    {
        await using var command = store.Command(
            InsertSql,
            new NpgsqlParameter("id", Id),
            new NpgsqlParameter("project", NpgsqlDbType.Uuid) { Value = (object?)ProjectId ?? DBNull.Value },
            new NpgsqlParameter("entry", NpgsqlDbType.Uuid) { Value = (object?)EntryId ?? DBNull.Value },
            new NpgsqlParameter("index", NpgsqlDbType.Integer) { Value = (object?)Index ?? DBNull.Value },
            new NpgsqlParameter("event", NpgsqlDbType.Bytea) { Value = Event.ToArray() },
            new NpgsqlParameter("reason", Reason),
            new NpgsqlParameter("detail", Detail));
        await command.ExecuteNonQueryAsync(ct);
    }
}
