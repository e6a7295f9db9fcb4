using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Saved;

/// <summary>
/// Lets members look and those who may edit write, in the project that <c>project_id</c> names in the query or in the body.
/// Reads the body, where it is JSON.
/// </summary>
public sealed class SavedScope(ProjectAccess projects) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        using var body = http.Request.HasJsonContentType() && !IsBodyOfHandler(http) ? await Insights.BodyAsync(http.Request, http.RequestAborted) : null;
        string? given = http.Request.Query["project_id"];
        if (string.IsNullOrEmpty(given) && body is not null && QueryDocument.Field(body.RootElement, "project_id") is { ValueKind: JsonValueKind.String } id)
            given = id.GetString();
        if (!Guid.TryParse(given, out var projectId))
            return Problem.Invalid(new Dictionary<string, string[]> { ["project_id"] = ["must be the id of a project"] });
        if (await projects.FindAsync(projectId, http.User.UserId(), http.RequestAborted) is not { } member)
            return Problem.Of(404, "project_not_found", "There is no such project, or you are not a member of it.");
        if (!HttpMethods.IsGet(http.Request.Method) && !member.Edits)
            return Problem.Of(403, "forbidden", "Your role in this project does not allow this.");
        http.Features.Set(member);
        http.Features.Set(new SavedBody(body?.RootElement));
        return await next(context);
    }

    private static bool IsBodyOfHandler(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<ReadsBody>() is not null;
}

/// <summary>The endpoint reads its body by itself: it may be larger, or no JSON.</summary>
internal sealed record ReadsBody;

/// <summary>The body of a request; null where it had none that is JSON.</summary>
internal sealed record SavedBody(JsonElement? Json);

/// <summary>Routes of what people save.</summary>
internal static class SavedRoutes
{
    public static RouteGroupBuilder MapSaved(this IEndpointRouteBuilder routes, string prefix)
    {
        var group = routes.MapGroup(prefix).RequireAuthorization(Policies.User).AddEndpointFilter<SavedScope>();
        foreach (var status in new[] { 400, 401, 403, 404, 409, 503 })
            group.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
        return group;
    }

    /// <summary>The body, to be read field by field; of a request without one it has no fields.</summary>
    public static QueryDocument SavedDocument(this HttpContext http, TimeProvider time)
    {
        var body = http.Features.GetRequiredFeature<SavedBody>().Json;
        var root = body is { ValueKind: JsonValueKind.Object } given ? given : JsonSerializer.SerializeToElement(new { });
        var document = new QueryDocument(root, http.Project(), NodaTime.Instant.FromDateTimeOffset(time.GetUtcNow()));
        if (body is not { ValueKind: JsonValueKind.Object }) document.Fault("body", "must be a JSON object, at most 256 KiB of it");
        return document;
    }

    /// <summary>Name and description, of which a new thing must have the first.</summary>
    public static SavedContent Content(this QueryDocument document, bool isNew, string? json, string name = "name", int maxName = 200) => new(
        document.Text(document.Root, "", name, required: isNew, maxName),
        document.Root.TryGetProperty("description", out var text) && text.ValueKind == JsonValueKind.String && text.GetString()!.Length == 0
            ? "" : document.Text(document.Root, "", "description", maxLength: 2000),
        json);
}
