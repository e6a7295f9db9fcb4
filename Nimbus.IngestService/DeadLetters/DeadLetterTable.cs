using System.Buffers.Binary;
using Nimbus.Events;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.IngestService.DeadLetters;

/// <summary>A letter as the table holds it.</summary>
/// <param name="Entry">What is put into the stream to store it as it is; null where only a correction can be stored.</param>
internal sealed record StoredLetter(
    Guid Id, Guid ProjectId, byte[] Event, string Reason, string Detail, int Attempts, int? Index, byte[]? Entry, DateTimeOffset CreatedAt)
{
    /// <summary>In Unix milliseconds: the first 48 bits of an event's id, which the letter has too.</summary>
    public long ReceivedAt()
    {
        Span<byte> id = stackalloc byte[16];
        Id.TryWriteBytes(id, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(id) >> 16;
    }
}

/// <summary>The letters of a project, read and deleted. Only the writer adds any.</summary>
internal sealed class DeadLetterTable(NpgsqlDataSource database)
{
    private const string Columns = "id, project_id, event, reason, detail, attempts, index, entry, created_at";

    // By index dead_letters_by_project.
    private const string PageSql = $"""
        SELECT {Columns} FROM dead_letters
        WHERE project_id = @project AND id > @after
        ORDER BY id LIMIT @limit
        """;

    private const string OneSql = $"SELECT {Columns} FROM dead_letters WHERE project_id = @project AND id = @id";

    private const string DeleteOneSql = "DELETE FROM dead_letters WHERE project_id = @project AND id = @id";

    private const string CountSql = "SELECT count(*) FROM dead_letters WHERE project_id = @project";

    // Locked in the order in which writers lock the letters that they store.
    private const string DeleteAllSql = """
        WITH doomed AS (SELECT id FROM dead_letters WHERE project_id = @project ORDER BY id FOR UPDATE)
        DELETE FROM dead_letters l USING doomed WHERE l.project_id = @project AND l.id = doomed.id
        """;

    /// <summary>Up to <paramref name="limit"/> letters behind the one named, in the order of their ids.</summary>
    public Task<List<StoredLetter>> PageAsync(Guid projectId, Guid after, int limit, CancellationToken ct) =>
        ReadAsync(PageSql, ct, Project(projectId), new NpgsqlParameter("after", after), new NpgsqlParameter("limit", limit));

    public Task<long> CountAsync(Guid projectId, CancellationToken ct) => DatabaseCalls.AnswerAsync(async () =>
    {
        await using var connection = await database.OpenLiveAsync(ct);
        await using var command = Command(connection, CountSql, [Project(projectId)]);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    });

    public async Task<StoredLetter?> FindAsync(Guid projectId, Guid id, CancellationToken ct) =>
        (await ReadAsync(OneSql, ct, Project(projectId), new NpgsqlParameter("id", id))).SingleOrDefault();

    /// <returns>Whether there was such a letter.</returns>
    public async Task<bool> DeleteAsync(Guid projectId, Guid id, CancellationToken ct) =>
        await ExecuteAsync(DeleteOneSql, ct, Project(projectId), new NpgsqlParameter("id", id)) > 0;

    /// <returns>How many there were.</returns>
    public Task<int> DeleteAllAsync(Guid projectId, CancellationToken ct) => ExecuteAsync(DeleteAllSql, ct, Project(projectId));

    private Task<List<StoredLetter>> ReadAsync(string sql, CancellationToken ct, params NpgsqlParameter[] parameters) =>
        DatabaseCalls.AnswerAsync(async () =>
        {
            await using var connection = await database.OpenLiveAsync(ct);
            await using var command = Command(connection, sql, parameters);
            await using var reader = await command.ExecuteReaderAsync(ct);
            var letters = new List<StoredLetter>();
            while (await reader.ReadAsync(ct))
                letters.Add(Read(reader));
            return letters;
        });

    private Task<int> ExecuteAsync(string sql, CancellationToken ct, params NpgsqlParameter[] parameters) =>
        DatabaseCalls.AnswerAsync(async () =>
        {
            await using var connection = await database.OpenLiveAsync(ct);
            await using var command = Command(connection, sql, parameters);
            return await command.ExecuteNonQueryAsync(ct);
        });

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private static NpgsqlParameter Project(Guid id) => new("project", NpgsqlDbType.Uuid) { Value = id };

    private static StoredLetter Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetGuid(1), row.GetFieldValue<byte[]>(2), row.GetString(3), row.GetString(4), row.GetInt32(5),
        row.IsDBNull(6) ? null : row.GetInt32(6), row.IsDBNull(7) ? null : row.GetFieldValue<byte[]>(7),
        row.GetFieldValue<DateTimeOffset>(8));
}
