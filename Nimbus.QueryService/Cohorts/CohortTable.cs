using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Saved;
using Nimbus.ServiceDefaults;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.QueryService.Cohorts;

/// <summary>The cohorts of projects and who is on the lists of those that are lists.</summary>
public sealed class CohortTable(SavedTable saved, SavedDatabase database, NpgsqlDataSource source, IOptions<SavedOptions> options)
{
    /// <summary>The document of a cohort that is a list.</summary>
    public const string ListDocument = """{"list":true}""";

    // Who is protected is nobody, and nobody is in no cohort.
    private const string FindKeysSql = """
        SELECT key FROM ids
        WHERE project_id = @project_id AND canonical IS NOT NULL AND (raw_id = ANY(@raw_ids) OR person_id = ANY(@person_ids))
        """;

    // Locks the cohort, so that the bound holds.
    private const string TouchSql = """
        UPDATE cohorts SET version = version + 1, updated_at = now() WHERE project_id = @project_id AND id = @cohort_id
        """;

    private const string AddSql = """
        INSERT INTO cohort_members (project_id, cohort_id, id_key)
        SELECT @project_id, @cohort_id, key FROM unnest(@keys) AS k(key)
        ON CONFLICT DO NOTHING
        """;

    // All ids of whoever is named go, so that who was added by one id can be taken out by another.
    private const string RemoveSql = """
        DELETE FROM cohort_members
        WHERE project_id = @project_id AND cohort_id = @cohort_id AND id_key IN (
            SELECT other.key FROM ids named
            JOIN ids other ON other.project_id = @project_id AND other.canonical = named.canonical
            WHERE named.project_id = @project_id AND named.key = ANY(@keys))
        """;

    private const string CountSql = "SELECT count(*) FROM cohort_members WHERE project_id = @project_id AND cohort_id = @cohort_id";

    private const string MembersSql = "SELECT id_key FROM cohort_members WHERE project_id = @project_id AND cohort_id = @cohort_id";

    public static bool IsList(SavedRow cohort) => cohort.Document == ListDocument;

    public Task<SavedRow?> FindAsync(Guid projectId, Guid id, CancellationToken ct) => saved.FindAsync(SavedKind.Cohort, projectId, id, ct);

    public Task<List<SavedRow>> ListAsync(Guid projectId, int take, Guid? before, CancellationToken ct) =>
        saved.ListAsync(SavedKind.Cohort, projectId, take, before, ct);

    public Task<SavedRow> AddAsync(Guid projectId, Guid userId, SavedContent content, CancellationToken ct) =>
        saved.AddAsync(SavedKind.Cohort, projectId, userId, content, ct);

    /// <exception cref="ProblemException">400 <c>cohort_cycle</c>: it would be made of itself.</exception>
    public async Task<SavedRow?> ChangeAsync(Guid projectId, Guid id, SavedContent content, CancellationToken ct)
    {
        if (content.Document is not null && PartsOf(content.Document).Overlaps(await UsersOfAsync(projectId, id, ct)))
            throw new ProblemException(400, "cohort_cycle", "The cohort would be made of itself.");
        return await saved.ChangeAsync(SavedKind.Cohort, projectId, id, content, ct);
    }

    /// <exception cref="ProblemException">409 <c>cohort_in_use</c>: another cohort is made of it.</exception>
    public async Task<bool> DeleteAsync(Guid projectId, Guid id, CancellationToken ct)
    {
        if ((await UsersOfAsync(projectId, id, ct)).Count > 1)
            throw new ProblemException(409, "cohort_in_use", "Another cohort is made of this one. Change that one first.");
        return await saved.DeleteAsync(SavedKind.Cohort, projectId, id, ct, ("cohort_members", "cohort_id"));
    }

    public async IAsyncEnumerable<long> MemberKeysAsync(Guid projectId, Guid cohortId, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = source.CreateCommand(MembersSql);
        command.Parameters.AddWithValue("project_id", projectId);
        command.Parameters.AddWithValue("cohort_id", cohortId);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return reader.GetInt64(0);
    }

    /// <summary>Puts people on the list, or takes them off it.</summary>
    /// <returns>How many of the ids nobody has.</returns>
    /// <exception cref="ProblemException">409 <c>too_many_members</c>.</exception>
    public Task<int> ChangeMembersAsync(
        Guid projectId, Guid cohortId, IReadOnlyCollection<string> distinctIds, IReadOnlyCollection<Guid> personIds, bool adds, CancellationToken ct) =>
        database.RunAsync(projectId, changesAnswers: true, async connection =>
        {
            var keys = await KeysAsync(connection, projectId, distinctIds, personIds, ct);
            await ExecuteAsync(connection, TouchSql, projectId, cohortId, null, ct);
            await ExecuteAsync(connection, adds ? AddSql : RemoveSql, projectId, cohortId, keys, ct);
            await using var count = SavedTable.Command(connection, CountSql, projectId);
            count.Parameters.AddWithValue("cohort_id", cohortId);
            if (adds && (long)(await count.ExecuteScalarAsync(ct))! > options.Value.MaxMembers)
                throw new ProblemException(409, "too_many_members", $"A list has at most {options.Value.MaxMembers:N0} people.");
            return distinctIds.Count + personIds.Count - keys.Length;
        }, ct);

    private static async Task<long[]> KeysAsync(
        NpgsqlConnection connection, Guid projectId, IReadOnlyCollection<string> distinctIds, IReadOnlyCollection<Guid> personIds, CancellationToken ct)
    {
        await using var command = SavedTable.Command(connection, FindKeysSql, projectId);
        command.Parameters.AddWithValue("raw_ids", distinctIds.ToArray());
        command.Parameters.AddWithValue("person_ids", personIds.ToArray());
        var keys = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) keys.Add(reader.GetInt64(0));
        return [.. keys];
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, Guid projectId, Guid cohortId, long[]? keys, CancellationToken ct)
    {
        await using var command = SavedTable.Command(connection, sql, projectId);
        command.Parameters.AddWithValue("cohort_id", cohortId);
        if (keys is not null) command.Parameters.AddWithValue("keys", NpgsqlDbType.Array | NpgsqlDbType.Bigint, keys);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The cohort itself and every cohort that is made of it, directly or not.</summary>
    private async Task<HashSet<Guid>> UsersOfAsync(Guid projectId, Guid id, CancellationToken ct)
    {
        var all = await ListAsync(projectId, options.Value.MaxPerProject, null, ct);
        var parts = all.ToDictionary(cohort => cohort.Id, cohort => PartsOf(cohort.Document));
        var users = new HashSet<Guid> { id };
        while (parts.FirstOrDefault(cohort => !users.Contains(cohort.Key) && cohort.Value.Overlaps(users)) is { Value: not null } user)
            users.Add(user.Key);
        return users;
    }

    /// <summary>The cohorts that a definition names.</summary>
    private static HashSet<Guid> PartsOf(string document)
    {
        using var json = JsonDocument.Parse(document);
        var parts = new HashSet<Guid>();
        Gather(json.RootElement);
        return parts;

        void Gather(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
                foreach (var item in element.EnumerateArray()) Gather(item);
            if (element.ValueKind != JsonValueKind.Object) return;
            foreach (var field in element.EnumerateObject())
            {
                if (field.NameEquals("cohort") && field.Value.ValueKind == JsonValueKind.String && Guid.TryParse(field.Value.GetString(), out var id))
                    parts.Add(id);
                Gather(field.Value);
            }
        }
    }
}
