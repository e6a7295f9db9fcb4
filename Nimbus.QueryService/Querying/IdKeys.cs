namespace Nimbus.QueryService.Querying;

/// <summary>Finds ids by what clients call them: only the table of ids knows.</summary>
public sealed class IdKeys(QueryDatabase database)
{
    private const string Sql = "SELECT key FROM ids WHERE project_id = @project_id AND raw_id = @raw_id";

    /// <summary>The key of an id; null where there is no such id.</summary>
    public Task<long?> FindAsync(Guid projectId, string rawId, CancellationToken ct) =>
        database.ReadAsync("id_key", projectId, async snapshot =>
        {
            await using var command = snapshot.Command(Sql);
            command.Parameters.AddWithValue("project_id", projectId);
            command.Parameters.AddWithValue("raw_id", rawId);
            return (long?)await command.ExecuteScalarAsync(ct);
        }, ct);
}
