using System.Data;
using Nimbus.Events;
using Nimbus.Events.Schema;
using Nimbus.IngestService.Writing;
using Npgsql;

namespace Nimbus.IngestService.People;

/// <summary>A change of a project's people that no event asked for. Not committed, it has not happened.</summary>
internal sealed class PeopleTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid project) : IAsyncDisposable
{
    // Below the time that the gateway waits for an answer.
    private const string SettingsSql = """
        SELECT set_config('lock_timeout', '10s', true), set_config('statement_timeout', '20s', true),
               set_config('idle_in_transaction_session_timeout', '20s', true), set_config('jit', 'off', true)
        """;

    // One id of the person, whichever of the person's public ids is given.
    private const string FindPersonSql = """
        SELECT asked.key, asked.canonical FROM ids asked WHERE asked.project_id = @project AND asked.person_id = @person
        """;

    private const string FindIdSql = "SELECT i.key, i.canonical FROM ids i WHERE i.project_id = @project AND i.raw_id = @raw_id";

    public Guid Project => project;

    public StoreTransaction Store { get; } = new(connection, transaction, new WriterMemory());

    public static Task<PeopleTransaction> BeginAsync(NpgsqlDataSource database, Guid project, CancellationToken ct) => database.FirstAsync(async () =>
    {
        var connection = await database.OpenConnectionAsync(ct);
        try
        {
            var begun = new PeopleTransaction(connection, await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, ct), project);
            await begun.ExecuteAsync(SettingsSql, ct);
            return begun;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    });

    /// <summary>Waits until nobody else changes who is who in the project, and keeps others from it until the end.</summary>
    public Task LockPeopleAsync(CancellationToken ct) => ProjectLocks.TakeAsync(Store, AdvisoryLocks.People, [project], ct);

    /// <summary>The id, and its person's; that one is null for a protected id. Null where there is none.</summary>
    public async Task<(long Key, long? Canonical)?> FindAsync(Guid? personId, string? rawId, CancellationToken ct)
    {
        await using var command = Command(
            personId is null ? FindIdSql : FindPersonSql,
            personId is { } person ? new NpgsqlParameter("person", person) : new NpgsqlParameter("raw_id", rawId!));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1)) : null;
    }

    /// <summary>A command with <c>@project</c> bound.</summary>
    public NpgsqlCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = Store.Command(sql, parameters);
        command.Parameters.AddWithValue("project", project);
        return command;
    }

    /// <returns>How many rows it changed.</returns>
    public async Task<int> ExecuteAsync(string sql, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync(ct);
    }

    public Task CommitAsync(CancellationToken ct) => transaction.CommitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
