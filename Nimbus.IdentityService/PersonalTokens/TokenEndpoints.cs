using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.PersonalTokens;

internal static class TokenEndpoints
{
    private const int MaxNameLength = 200;
    private const int DefaultDays = 90;
    private const int MaxDays = 366;

    public static void MapPersonalTokens(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.MapGroup("/v1/auth/tokens").WithTags("Accounts").RequireAuthorization(Policies.User).RequireSession()
            .ProducesProblem(401).ProducesProblem(403);
        tokens.MapGet("", List).WithSummary("Your personal access tokens").ProducesProblem(400);
        tokens.MapPost("", Create).WithSummary("A personal access token; it is shown only here").ProducesProblem(400).ProducesProblem(409);
        tokens.MapDelete("/{token_id:guid}", Delete).WithSummary("Take a token back, on every node").ProducesProblem(404);

        routes.MapGet("/internal/tokens/{hash}", Find).RequireAuthorization(Policies.Service).ExcludeFromDescription();
    }

    internal static async Task<Results<Ok<TokenList>, ProblemHttpResult>> List(
        ClaimsPrincipal user, TokenDrawer tokens, CancellationToken ct, int? limit = null, string? cursor = null)
    {
        var errors = new FieldErrors();
        var paging = Paging.Read(limit, cursor, ProjectReader.ReadPosition, errors);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Ok(await tokens.ListAsync(user.UserId(), paging, ct));
    }

    internal static async Task<Results<Created<TokenWithSecret>, ProblemHttpResult>> Create(
        CreateTokenRequest request, ClaimsPrincipal user, TokenDrawer tokens, CancellationToken ct)
    {
        var errors = new FieldErrors();
        var name = errors.RequiredLine("name", request.Name, MaxNameLength);
        var scopes = TokenScopes.All.Where(scope => request.Scopes?.Contains(scope) == true).ToArray();
        if (scopes.Length == 0 || request.Scopes!.Except(TokenScopes.All).Any())
            errors.Add("scopes", "must be one or more of read, write and admin");
        var days = request.ExpiresInDays ?? DefaultDays;
        if (days is < 1 or > MaxDays)
            errors.Add("expires_in_days", $"must be 1 to {MaxDays}");
        if (errors.Problem is { } problem)
            return problem;

        var created = await tokens.CreateAsync(user.UserId(), name, scopes, TimeSpan.FromDays(days), ct);
        return TypedResults.Created($"/v1/auth/tokens/{created.PersonalToken.Id}", created);
    }

    internal static async Task<NoContent> Delete(
        [FromRoute(Name = "token_id")] Guid tokenId, ClaimsPrincipal user, TokenDrawer tokens, CancellationToken ct)
    {
        await tokens.DeleteAsync(user.UserId(), tokenId, ct);
        return TypedResults.NoContent();
    }

    internal static async Task<Results<Ok<PersonalToken>, ProblemHttpResult>> Find(
        string hash, IPersonalTokenSource tokens, CancellationToken ct) =>
        await tokens.FindAsync(hash, ct) is { } found
            ? TypedResults.Ok(found)
            : Problem.Of(404, "token_not_found", "There is no such token, or it has ended.");
}
