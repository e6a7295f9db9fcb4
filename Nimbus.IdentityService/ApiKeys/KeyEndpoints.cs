using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.ApiKeys;

internal static class KeyEndpoints
{
    private const int MaxNameLength = 200;

    public static RouteGroupBuilder MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/v1/projects/{id:guid}").WithTags("Keys").RequireAuthorization(Policies.User).RequireScope(TokenScopes.Admin)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        keys.MapPost("/rotate-keys", Rotate)
            .WithSummary("A new secret key in place of the old, at once or after a grace").ProducesProblem(400).ProducesProblem(503);
        keys.MapGet("/keys", List).WithSummary("The keys that work").ProducesProblem(400);
        keys.MapPost("/keys", Create)
            .WithSummary("A further key, for servers (secret) or for browsers and phones (write)").ProducesProblem(400).ProducesProblem(409);
        keys.MapDelete("/keys/{key_id}", Delete).WithSummary("End a key now").ProducesProblem(409).ProducesProblem(503);
        return keys;
    }

    internal static async Task<Results<Ok<ProjectWithSecret>, ProblemHttpResult>> Rotate(
        Guid id, ClaimsPrincipal user, KeyWriter keys, CancellationToken ct, RotateKeysRequest? request = null)
    {
        var errors = new FieldErrors();
        var grace = TimeSpan.FromSeconds(request?.GraceSeconds ?? 0);
        if (grace < TimeSpan.Zero || grace > KeyWriter.MaxGrace)
            errors.Add("grace_seconds", $"must be 0 to {KeyWriter.MaxGrace.TotalSeconds}");
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await keys.RotateAsync(id, user.UserId(), grace, ct));
    }

    internal static async Task<Results<Ok<KeyList>, ProblemHttpResult>> List(
        Guid id, ClaimsPrincipal user, ProjectRights rights, KeyReader keys, CancellationToken ct,
        int? limit = null, string? cursor = null)
    {
        await rights.RequireAsync(id, user.UserId(), ProjectAction.ManageKeys, ct);
        var errors = new FieldErrors();
        var paging = Paging.Read(limit, cursor, KeyReader.ReadPosition, errors);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await keys.ListAsync(id, paging, ct));
    }

    internal static async Task<Results<Created<KeyWithSecret>, ProblemHttpResult>> Create(
        Guid id, CreateKeyRequest request, ClaimsPrincipal user, KeyWriter keys, CancellationToken ct)
    {
        var errors = new FieldErrors();
        KeyKind? kind = request.Kind switch { "secret" => KeyKind.Secret, "write" => KeyKind.Write, _ => null };
        if (kind is null)
            errors.Add("kind", "must be secret or write");
        var name = errors.OptionalLine("name", request.Name, MaxNameLength);
        var origins = Origins.Read("allowed_origins", request.AllowedOrigins, errors);
        if (origins is not null && kind == KeyKind.Secret)
            errors.Add("allowed_origins", "is for write keys only");
        if (errors.Problem is { } problem)
            return problem;

        var created = await keys.CreateAsync(id, user.UserId(), kind!.Value, name, origins, ct);
        return TypedResults.Created($"/v1/projects/{id}/keys/{created.Key.Id}", created);
    }

    internal static async Task<NoContent> Delete(
        Guid id, [FromRoute(Name = "key_id")] string keyId, ClaimsPrincipal user, KeyWriter keys, CancellationToken ct)
    {
        await keys.DeleteAsync(id, user.UserId(), keyId, ct);
        return TypedResults.NoContent();
    }
}
