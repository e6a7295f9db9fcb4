using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.IdentityService.Invitations;
using Nimbus.IdentityService.LoginAttempts;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Tokens;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Users;

internal static class AuthEndpoints
{
    private const int MaxNameLength = 200;

    public static RouteGroupBuilder MapAuth(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/v1/auth").WithTags("Accounts");
        auth.MapPost("/register", Register).AllowAnonymous()
            .WithSummary("Make an account and sign in").ProducesProblem(400).ProducesProblem(403).ProducesProblem(409);
        auth.MapPost("/login", Login).AllowAnonymous()
            .WithSummary("Sign in").ProducesProblem(400).ProducesProblem(401).ProducesProblem(429);
        auth.MapPost("/refresh", Refresh).AllowAnonymous()
            .WithSummary("Swap a refresh token, sent as Bearer or in the body, for a new pair")
            .ProducesProblem(400).ProducesProblem(401);
        auth.MapPost("/logout", Logout).RequireAuthorization(Policies.User).RequireSession()
            .WithSummary("End the session, on every node").ProducesProblem(401).ProducesProblem(503);
        auth.MapGet("/me", Me).RequireAuthorization(Policies.User)
            .WithSummary("The signed-in user and their projects").ProducesProblem(401);
        return auth;
    }

    internal static async Task<Results<Created<SignedIn>, ProblemHttpResult>> Register(
        RegisterRequest request, Accounts accounts, InvitationDesk invitations, CancellationToken ct)
    {
        if (request.Invitation is { } invitation && !await invitations.IsOpenAsync(invitation, ct))
            throw InvitationDesk.NotFound();

        var errors = new FieldErrors();
        var email = errors.RequiredLine("email", request.Email, EmailAddress.MaxLength);
        if (email.Length > 0 && !EmailAddress.IsPlausible(email))
            errors.Add("email", "is not an email address");
        var password = Passwords.Read(errors, "password", request.Password);
        var name = errors.OptionalLine("name", request.Name, MaxNameLength);
        if (errors.Problem is { } problem)
            return problem;

        return TypedResults.Created("/v1/auth/me", await accounts.RegisterAsync(email, password, name, request.Invitation, ct));
    }

    internal static async Task<Results<Ok<SignedIn>, ProblemHttpResult>> Login(
        LoginRequest request, HttpContext http, Accounts accounts, LoginGuard guard, CancellationToken ct)
    {
        var errors = new FieldErrors();
        var email = request.Email ?? request.Username;
        if (string.IsNullOrWhiteSpace(email))
            errors.Add("email", "is required");
        if (string.IsNullOrEmpty(request.Password))
            errors.Add("password", "is required");
        else if (request.Password.Length > Passwords.MaxLength)
            errors.Add("password", $"must be at most {Passwords.MaxLength} characters long");
        if (errors.Problem is { } problem)
            return problem;

        var address = http.Connection.RemoteIpAddress;
        if (await guard.TryAsync(email!, address, ct) is { Ticks: > 0 } wait)
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problem.Of(429, "too_many_failures",
                "There were too many failed sign-ins. Wait for as long as Retry-After says, or set a new password.");
        }
        if (await accounts.LoginAsync(email!, request.Password!, ct) is not { } signedIn)
        {
            guard.Failed(email!, address);
            return Problem.Of(401, "invalid_credentials", "The address or the password is wrong.");
        }
        await guard.SucceededAsync(email!, address, ct);
        return TypedResults.Ok(signedIn);
    }

    internal static async Task<Results<Ok<TokenPair>, ProblemHttpResult>> Refresh(
        HttpRequest http, Sessions sessions, CancellationToken ct, RefreshRequest? request = null)
    {
        var token = BearerOf(http) ?? request?.RefreshToken;
        if (string.IsNullOrWhiteSpace(token))
        {
            var errors = new FieldErrors();
            errors.Add("refresh_token", "is required, here or as Bearer");
            return errors.Problem!;
        }
        return TypedResults.Ok(await sessions.RefreshAsync(token, ct));
    }

    internal static async Task<NoContent> Logout(ClaimsPrincipal user, Sessions sessions, CancellationToken ct)
    {
        await sessions.EndAsync(user.SessionId(), RevocationReason.Logout, ct);
        return TypedResults.NoContent();
    }

    internal static async Task<Results<Ok<MeAnswer>, ProblemHttpResult>> Me(
        ClaimsPrincipal user, Accounts accounts, CancellationToken ct) =>
        await accounts.DescribeAsync(user.UserId(), ct) is { } me
            ? TypedResults.Ok(me)
            : Problem.Of(401, "unauthorized", "This account is gone.");

    private static string? BearerOf(HttpRequest request)
    {
        const string scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? header[scheme.Length..].Trim() : null;
    }
}
