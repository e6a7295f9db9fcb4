using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;
using Npgsql;

namespace Nimbus.QueryService.Saved;

/// <summary>What can be saved about a project, each in a table of its own.</summary>
public enum SavedKind { Cohort, Insight, Dashboard, Annotation }

/// <summary>Something saved.</summary>
/// <param name="Document">JSON; what it says depends on the kind.</param>
/// <param name="Version">Goes up with every change.</param>
public sealed record SavedRow(
    Guid Id, string Name, string Description, string Document, long Version, Guid CreatedBy, DateTime CreatedAt, DateTime UpdatedAt);

/// <summary>What is to be saved; of a change, null is what stays.</summary>
public sealed record SavedContent(string? Name, string? Description, string? Document);

/// <summary>Keeps what people save, the latest first.</summary>
public sealed class SavedTable(SavedDatabase database, IOptions<SavedOptions> options)
{
    private const string Columns = "id, name, description, document, version, created_by, created_at, updated_at";

    /// <param name="before">The last id of the page before.</param>
    public Task<List<SavedRow>> ListAsync(SavedKind kind, Guid projectId, int take, Guid? before, CancellationToken ct) =>
        ListAsync(kind, projectId, take, before, null, null, ct);

    /// <param name="from">Only of annotations: those of a time in [from, to).</param>
    /// <param name="to">See <paramref name="from"/>.</param>
    public Task<List<SavedRow>> ListAsync(
        SavedKind kind, Guid projectId, int take, Guid? before, DateTime? from, DateTime? to, CancellationToken ct) =>
        database.RunAsync(projectId, changesAnswers: false, async connection =>
        {
            await using var command = Command(connection, $"""
                SELECT {Columns} FROM {Table(kind)}
                WHERE project_id = @project_id
                {(before is null ? "" : "AND id < @before")}
                {(from is null ? "" : "AND (document::json ->> 'at')::timestamptz >= @from")}
                {(to is null ? "" : "AND (document::json ->> 'at')::timestamptz < @to")}
                ORDER BY id DESC LIMIT @take
                """, projectId);
            command.Parameters.AddWithValue("take", take);
            if (before is not null) command.Parameters.AddWithValue("before", before.Value);
            if (from is not null) command.Parameters.AddWithValue("from", from.Value);
            if (to is not null) command.Parameters.AddWithValue("to", to.Value);
            return await RowsAsync(command, ct);
        }, ct);

    public async Task<SavedRow?> FindAsync(SavedKind kind, Guid projectId, Guid id, CancellationToken ct) =>
        (await FindAsync(kind, projectId, [id], ct)).SingleOrDefault();

    /// <summary>Those of some ids that there are, in any order.</summary>
    public Task<List<SavedRow>> FindAsync(SavedKind kind, Guid projectId, Guid[] ids, CancellationToken ct) =>
        database.RunAsync(projectId, changesAnswers: false, async connection =>
        {
            await using var command = Command(
                connection, $"SELECT {Columns} FROM {Table(kind)} WHERE project_id = @project_id AND id = ANY(@ids)", projectId);
            command.Parameters.AddWithValue("ids", ids);
            return await RowsAsync(command, ct);
        }, ct);

    /// <exception cref="ProblemException">409 <c>too_many_saved</c>.</exception>
    public Task<SavedRow> AddAsync(SavedKind kind, Guid projectId, Guid userId, SavedContent content, CancellationToken ct) =>
        database.RunAsync(projectId, ChangesAnswers(kind), async connection =>
        {
            await using var command = Command(connection, $"""
                INSERT INTO {Table(kind)} (project_id, id, name, description, document, created_by)
                SELECT @project_id, @id, @name, @description, @document, @user_id
                WHERE (SELECT count(*) FROM {Table(kind)} WHERE project_id = @project_id) < @most
                RETURNING {Columns}
                """, projectId);
            command.Parameters.AddWithValue("id", Guid.CreateVersion7());
            command.Parameters.AddWithValue("name", content.Name ?? "");
            command.Parameters.AddWithValue("description", content.Description ?? "");
            command.Parameters.AddWithValue("document", content.Document ?? "{}");
            command.Parameters.AddWithValue("user_id", userId);
            command.Parameters.AddWithValue("most", options.Value.MaxPerProject);
            return (await RowsAsync(command, ct)).SingleOrDefault()
                ?? throw TooMany(options.Value.MaxPerProject);
        }, ct);

    /// <summary>Null where there is no such thing.</summary>
    public Task<SavedRow?> ChangeAsync(SavedKind kind, Guid projectId, Guid id, SavedContent content, CancellationToken ct) =>
        database.RunAsync(projectId, ChangesAnswers(kind), async connection =>
        {
            await using var command = Command(connection, $"""
                UPDATE {Table(kind)}
                SET name = coalesce(@name, name), description = coalesce(@description, description),
                    document = coalesce(@document, document), version = version + 1, updated_at = now()
                WHERE project_id = @project_id AND id = @id
                RETURNING {Columns}
                """, projectId);
            command.Parameters.AddWithValue("id", id);
            command.Parameters.Add(new NpgsqlParameter<string?>("name", NpgsqlTypes.NpgsqlDbType.Text) { TypedValue = content.Name });
            command.Parameters.Add(new NpgsqlParameter<string?>("description", NpgsqlTypes.NpgsqlDbType.Text) { TypedValue = content.Description });
            command.Parameters.Add(new NpgsqlParameter<string?>("document", NpgsqlTypes.NpgsqlDbType.Text) { TypedValue = content.Document });
            return (await RowsAsync(command, ct)).SingleOrDefault();
        }, ct);

    /// <param name="parts">What goes with it: a table and the column with its id; constants.</param>
    public Task<bool> DeleteAsync(
        SavedKind kind, Guid projectId, Guid id, CancellationToken ct, (string Table, string Column)? parts = null) =>
        database.RunAsync(projectId, ChangesAnswers(kind), async connection =>
        {
            if (parts is var (table, column))
            {
                await using var part = Command(
                    connection, $"DELETE FROM {table} WHERE project_id = @project_id AND {column} = @id", projectId);
                part.Parameters.AddWithValue("id", id);
                await part.ExecuteNonQueryAsync(ct);
            }
            await using var command = Command(
                connection, $"DELETE FROM {Table(kind)} WHERE project_id = @project_id AND id = @id", projectId);
            command.Parameters.AddWithValue("id", id);
            return await command.ExecuteNonQueryAsync(ct) > 0;
        }, ct);

    internal static ProblemException TooMany(int most) =>
        new(409, "too_many_saved", $"A project has at most {most:N0} of these. Delete some first.");

    internal static NpgsqlCommand Command(NpgsqlConnection connection, string sql, Guid projectId)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue("project_id", projectId);
        return command;
    }

    private static string Table(SavedKind kind) => kind switch
    {
        SavedKind.Cohort => "cohorts",
        SavedKind.Insight => "insights",
        SavedKind.Dashboard => "dashboards",
        _ => "annotations",
    };

    private static bool ChangesAnswers(SavedKind kind) => kind == SavedKind.Cohort;

    private static async Task<List<SavedRow>> RowsAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var rows = new List<SavedRow>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(new(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4),
                reader.GetGuid(5), reader.GetDateTime(6), reader.GetDateTime(7)));
        return rows;
    }
}
