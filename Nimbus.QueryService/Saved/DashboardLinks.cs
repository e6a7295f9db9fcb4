using System.Buffers.Text;
using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;
using Npgsql;

namespace Nimbus.QueryService.Saved;

/// <summary>
/// Links by which anyone may read one dashboard: 256 random bits, kept as their hash alone. A link works until it is revoked, its
/// dashboard is deleted, or who made it is no member of the project any more.
/// </summary>
public sealed class DashboardLinks(SavedDatabase database, IOptions<SavedOptions> options)
{
    private const string Prefix = "nbl_";
    private const int SecretBytes = 32;
    private const int ProjectBytes = 16;

    private const string Columns = "id, created_by, created_at";

    private const string AddSql = $"""
        INSERT INTO dashboard_links (project_id, id, dashboard_id, token_hash, created_by)
        SELECT @project_id, @id, @dashboard_id, @token_hash, @user_id
        WHERE (SELECT count(*) FROM dashboard_links WHERE project_id = @project_id AND revoked_at IS NULL) < @most
        RETURNING {Columns}
        """;

    private const string ListSql = $"""
        SELECT {Columns} FROM dashboard_links
        WHERE project_id = @project_id AND dashboard_id = @dashboard_id AND revoked_at IS NULL ORDER BY id DESC
        """;

    private const string RevokeSql = """
        UPDATE dashboard_links SET revoked_at = now()
        WHERE project_id = @project_id AND dashboard_id = @dashboard_id AND id = @id AND revoked_at IS NULL
        """;

    private const string FindSql = """
        SELECT dashboard_id, created_by FROM dashboard_links
        WHERE project_id = @project_id AND token_hash = @token_hash AND revoked_at IS NULL
        """;

    /// <summary>A new link; its token is told this once.</summary>
    public Task<DashboardLinkMade> AddAsync(Guid projectId, Guid dashboard, Guid userId, CancellationToken ct) =>
        database.RunAsync(projectId, changesAnswers: false, async connection =>
        {
            // The project stands in it, since every statement is about one.
            var token = Prefix + Base64Url.EncodeToString([.. projectId.ToByteArray(bigEndian: true), .. RandomNumberGenerator.GetBytes(SecretBytes)]);
            await using var command = Command(connection, AddSql, projectId, dashboard);
            command.Parameters.AddWithValue("id", Guid.CreateVersion7());
            command.Parameters.AddWithValue("token_hash", HashOf(token));
            command.Parameters.AddWithValue("user_id", userId);
            command.Parameters.AddWithValue("most", options.Value.MaxPerProject);
            var link = (await LinksAsync(command, ct)).SingleOrDefault() ?? throw SavedTable.TooMany(options.Value.MaxPerProject);
            return new DashboardLinkMade(link.Id, token, $"/v1/shared/dashboards/{token}", link.CreatedBy, link.CreatedAt);
        }, ct);

    public Task<List<DashboardLink>> ListAsync(Guid projectId, Guid dashboard, CancellationToken ct) =>
        database.RunAsync(projectId, changesAnswers: false, async connection =>
        {
            await using var command = Command(connection, ListSql, projectId, dashboard);
            return await LinksAsync(command, ct);
        }, ct);

    public Task<bool> RevokeAsync(Guid projectId, Guid dashboard, Guid link, CancellationToken ct) =>
        database.RunAsync(projectId, changesAnswers: false, async connection =>
        {
            await using var command = Command(connection, RevokeSql, projectId, dashboard);
            command.Parameters.AddWithValue("id", link);
            return await command.ExecuteNonQueryAsync(ct) > 0;
        }, ct);

    /// <summary>What a token opens, and who made it; null where it opens nothing.</summary>
    public async Task<(Guid ProjectId, Guid Dashboard, Guid MadeBy)?> FindAsync(string token, CancellationToken ct)
    {
        if (ProjectOf(token) is not { } projectId) return null;
        return await database.RunAsync<(Guid, Guid, Guid)?>(projectId, changesAnswers: false, async connection =>
        {
            await using var command = SavedTable.Command(connection, FindSql, projectId);
            command.Parameters.AddWithValue("token_hash", HashOf(token));
            await using var reader = await command.ExecuteReaderAsync(ct);
            return await reader.ReadAsync(ct) ? (projectId, reader.GetGuid(0), reader.GetGuid(1)) : null;
        }, ct);
    }

    private static Guid? ProjectOf(string token)
    {
        Span<byte> bytes = stackalloc byte[ProjectBytes + SecretBytes];
        var text = token.StartsWith(Prefix, StringComparison.Ordinal) ? token.AsSpan(Prefix.Length) : default;
        return text.Length == Base64Url.GetEncodedLength(bytes.Length) && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var length) && length == bytes.Length
            ? new Guid(bytes[..ProjectBytes], bigEndian: true) : null;
    }

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.ASCII.GetBytes(token));

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, Guid projectId, Guid dashboard)
    {
        var command = SavedTable.Command(connection, sql, projectId);
        command.Parameters.AddWithValue("dashboard_id", dashboard);
        return command;
    }

    private static async Task<List<DashboardLink>> LinksAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var links = new List<DashboardLink>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) links.Add(new(reader.GetGuid(0), reader.GetGuid(1), reader.GetDateTime(2)));
        return links;
    }
}

/// <summary>The links of a dashboard that work, the latest first.</summary>
public sealed record DashboardLinksResult(IReadOnlyList<DashboardLink> Links);

/// <summary>A link by which anyone may read a dashboard.</summary>
public sealed record DashboardLink(Guid Id, Guid CreatedBy, [property: JsonConverter(typeof(UtcMilliseconds))] DateTime CreatedAt);

/// <summary>A link that was just made.</summary>
/// <param name="Token">Shown this once.</param>
/// <param name="Path">Where the dashboard is read, under the address of the gateway.</param>
public sealed record DashboardLinkMade(
    Guid Id, string Token, string Path, Guid CreatedBy, [property: JsonConverter(typeof(UtcMilliseconds))] DateTime CreatedAt);

/// <summary>Sharing a dashboard with who has a link, and reading it by one.</summary>
internal static class DashboardLinkEndpoints
{
    public static void MapDashboardLinks(this IEndpointRouteBuilder dashboards)
    {
        dashboards.MapGet("/{id:guid}/links", ListLinks).WithDescription("The links that open the dashboard.");
        dashboards.MapPost("/{id:guid}/links", AddLink).WithDescription("Makes a link by which anyone may read the dashboard. The token is shown this once.");
        dashboards.MapDelete("/{id:guid}/links/{link_id:guid}", RevokeLink).WithDescription("Revokes a link, at once.");
    }

    public static void MapSharedDashboards(this IEndpointRouteBuilder routes)
    {
        var shared = routes.MapGet("/v1/shared/dashboards/{token}", ReadShared).WithTags("Dashboards").AllowAnonymous()
            .WithDescription("A dashboard with its answers, for who has a link to it.");
        foreach (var status in new[] { 404, 429, 503 })
            shared.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
    }

    internal static async Task<Results<Ok<DashboardLinksResult>, ProblemHttpResult>> ListLinks(
        [AsParameters] SavedParameters asked, HttpContext http, SavedTable saved, DashboardLinks links, CancellationToken ct)
    {
        var project = http.Project().ProjectId;
        return await saved.FindAsync(SavedKind.Dashboard, project, asked.Id, ct) is null
            ? DashboardEndpoints.NotFound() : TypedResults.Ok(new DashboardLinksResult(await links.ListAsync(project, asked.Id, ct)));
    }

    internal static async Task<Results<Created<DashboardLinkMade>, ProblemHttpResult>> AddLink(
        [AsParameters] SavedParameters asked, HttpContext http, SavedTable saved, DashboardLinks links, CancellationToken ct)
    {
        var project = http.Project().ProjectId;
        if (await saved.FindAsync(SavedKind.Dashboard, project, asked.Id, ct) is null) return DashboardEndpoints.NotFound();
        var link = await links.AddAsync(project, asked.Id, http.User.UserId(), ct);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/v1/dashboards/{asked.Id}/links/{link.Id}", link);
    }

    internal static async Task<Results<NoContent, ProblemHttpResult>> RevokeLink(
        Guid id, [FromRoute(Name = "link_id")] Guid linkId, [FromQuery(Name = "project_id"), Description("The project; required.")] string? projectId,
        HttpContext http, DashboardLinks links, CancellationToken ct) =>
        await links.RevokeAsync(http.Project().ProjectId, id, linkId, ct)
            ? TypedResults.NoContent() : Problem.Of(404, "link_not_found", "There is no such link, or it is revoked.");

    internal static async Task<Results<Ok<DashboardAnswers>, ProblemHttpResult>> ReadShared(
        string token, HttpContext http, DashboardLinks links, SavedTable saved, DashboardReader reader, ProjectAccess projects, CancellationToken ct)
    {
        // Who has the address has the dashboard: nobody shall pass it on, find it or keep it.
        http.Response.Headers["X-Robots-Tag"] = "noindex, nofollow";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        http.Response.Headers.CacheControl = "no-store";
        if (await links.FindAsync(token, ct) is not var (projectId, dashboardId, madeBy)
            || await projects.FindAsync(projectId, madeBy, ct) is not { } member
            || await saved.FindAsync(SavedKind.Dashboard, projectId, dashboardId, ct) is not { } dashboard)
            return Problem.Of(404, "link_not_found", "There is no such link, or it is revoked.");
        return TypedResults.Ok(await reader.ReadAsync(dashboard, member, new AskedRange(null, null, null), isFresh: false, ct));
    }
}
