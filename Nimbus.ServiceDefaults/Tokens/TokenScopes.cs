using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// What a personal access token may be used for, within what its owner may do. Each scope holds the ones before it. Sessions
/// have no scopes: they may do all that their user may.
/// </summary>
public static class TokenScopes
{
    /// <summary>Looking: what GET and HEAD do, and questions that are asked by POST.</summary>
    public const string Read = "read";

    /// <summary>Changing what is in a project.</summary>
    public const string Write = "write";

    /// <summary>Keys, members, the audit log, deleting projects.</summary>
    public const string Admin = "admin";

    /// <summary>All of them, each holding those before it.</summary>
    public static readonly IReadOnlyList<string> All = [Read, Write, Admin];

    internal const string Claim = "scope";

    /// <summary>The scope a token needs here; without it, read for GET and HEAD and write for the rest.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder endpoint, string scope) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RequiredScope(scope));

    /// <summary>No personal token will do: what changes how the account is signed in to takes a session.</summary>
    public static TBuilder RequireSession<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RequiredScope(null));
}

/// <param name="Scope">Null: no scope will do.</param>
internal sealed record RequiredScope(string? Scope);

internal sealed class TokenScopeRequirement : IAuthorizationRequirement;

/// <summary>Lets personal tokens through to what their scopes cover, and everything else unseen.</summary>
internal sealed class TokenScopeHandler : AuthorizationHandler<TokenScopeRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, TokenScopeRequirement requirement)
    {
        if (!context.User.IsByPersonalToken() || (context.Resource is HttpContext http && IsCovered(http)))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }

    private static bool IsCovered(HttpContext http)
    {
        var needed = http.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>() is { } stated
            ? stated.Scope
            : HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) ? TokenScopes.Read : TokenScopes.Write;
        return needed is not null && TokenScopes.All.SkipWhile(scope => scope != needed)
            .Any(scope => http.User.HasClaim(TokenScopes.Claim, scope));
    }
}
