using System.Text.Json;
using Nimbus.Events;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Sdk;

/// <summary>The traits in eventsdb, folded as they are to be read.</summary>
internal static class StoredTraits
{
    private const string PersonSql = """
        SELECT w.name, w.ts, w.event_id, w.op, w.value::text
        FROM ids i JOIN ids m ON m.project_id = i.project_id AND m.canonical = i.canonical
        JOIN trait_writes w ON w.project_id = m.project_id AND w.owner_kind = 0 AND w.owner_key = m.key
        WHERE i.project_id = @project AND i.raw_id = @id
        """;

    private const string GroupSql = """
        SELECT w.name, w.ts, w.event_id, w.op, w.value::text
        FROM groups g JOIN trait_writes w ON w.project_id = g.project_id AND w.owner_kind = 1 AND w.owner_key = g.key
        WHERE g.project_id = @project AND g.raw_id = @id
        """;

    private const string MembersSql = """
        SELECT i.raw_id FROM groups g JOIN group_members m ON m.project_id = g.project_id AND m.group_key = g.key
        JOIN ids i ON i.project_id = m.project_id AND i.key = m.id_key
        WHERE g.project_id = @project AND g.raw_id = @id ORDER BY 1
        """;

    /// <summary>Of the person that the id belongs to, as JSON.</summary>
    public static Task<string> OfPersonAsync(NimbusSystem nimbus, Guid project, string id) => FoldAsync(nimbus, PersonSql, project, id);

    /// <summary>Of the group, as JSON.</summary>
    public static Task<string> OfGroupAsync(NimbusSystem nimbus, Guid project, string id) => FoldAsync(nimbus, GroupSql, project, id);

    /// <summary>The ids that belong to the group.</summary>
    public static Task<List<string>> MembersAsync(NimbusSystem nimbus, Guid project, string group) =>
        ReadAsync(nimbus, MembersSql, project, group, row => row.GetString(0));

    private static async Task<string> FoldAsync(NimbusSystem nimbus, string sql, Guid project, string id) =>
        JsonSerializer.Serialize(Traits.Of(await ReadAsync(nimbus, sql, project, id, row => new TraitWrite(
            row.GetString(0), new DateTimeOffset(row.GetDateTime(1)).ToUnixTimeMilliseconds(), row.GetGuid(2),
            (TraitOperation)row.GetInt16(3), JsonDocument.Parse(row.GetString(4)).RootElement))));

    private static async Task<List<T>> ReadAsync<T>(NimbusSystem nimbus, string sql, Guid project, string id, Func<NpgsqlDataReader, T> read)
    {
        await using var connection = new NpgsqlConnection(await nimbus.ConnectionStringAsync("eventsdb"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue("project", project);
        command.Parameters.AddWithValue("id", id);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }
}
