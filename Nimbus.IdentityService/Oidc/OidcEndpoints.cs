using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Oidc;

internal static class OidcEndpoints
{
    private const string Cookie = "nimbus_oidc";

    public static void MapOidc(this IEndpointRouteBuilder routes)
    {
        var oidc = routes.MapGroup("/v1/auth/oidc").WithTags("Accounts").AllowAnonymous().ProducesProblem(404).ProducesProblem(503);
        oidc.MapGet("/start", Start).WithSummary("Go to the external issuer to sign in").Produces(302);
        oidc.MapGet("/callback", Callback).WithSummary("Come back from the external issuer")
            .Produces(302).ProducesProblem(400).ProducesProblem(401).ProducesProblem(409);
        oidc.MapPost("/exchange", Exchange).WithSummary("A session for the code in the link that a sign-in ends with")
            .ProducesProblem(400).ProducesProblem(401);
        routes.MapPost("/internal/external-users", FindOrMake).RequireAuthorization(Policies.Service).ExcludeFromDescription();
    }

    internal static async Task<Ok<Guid>> FindOrMake(ExternalUser user, IExternalUserSource users, CancellationToken ct) =>
        TypedResults.Ok(await users.FindOrMakeAsync(user, ct));

    internal static async Task<RedirectHttpResult> Start(HttpContext http, OidcSignIn signIn, PublicAddress address, CancellationToken ct)
    {
        var (location, state) = await signIn.StartAsync(ct);
        http.Response.Cookies.Append(Cookie, state, new CookieOptions
        {
            HttpOnly = true,
            // Lax: the issuer's redirect is a navigation from another site.
            SameSite = SameSiteMode.Lax,
            Secure = address.IsHttps,
            Path = OidcSignIn.CallbackPath,
            MaxAge = OidcSignIn.Patience,
            IsEssential = true,
        });
        return TypedResults.Redirect(location);
    }

    internal static async Task<Results<RedirectHttpResult, ProblemHttpResult>> Callback(
        HttpContext http, OidcSignIn signIn, CancellationToken ct, string? code = null, string? state = null, string? error = null)
    {
        var begun = http.Request.Cookies[Cookie];
        http.Response.Cookies.Delete(Cookie, new CookieOptions { Path = OidcSignIn.CallbackPath });
        if (string.IsNullOrEmpty(state) || begun != state)
            return Problem.Of(400, "sign_in_expired", "This sign-in was not begun in this browser, or too long ago. Begin again.");
        if (string.IsNullOrEmpty(code))
            throw signIn.RefusedBecause($"it says {OidcSignIn.ErrorCode(error)}");
        return TypedResults.Redirect(await signIn.FinishAsync(code, state, ct));
    }

    internal static async Task<Results<Ok<SignedIn>, ProblemHttpResult>> Exchange(
        ExchangeRequest request, OidcSignIn signIn, CancellationToken ct) =>
        await signIn.ExchangeAsync(request.Code ?? "", ct) is { } signedIn
            ? TypedResults.Ok(signedIn)
            : Problem.Of(401, "sign_in_expired", "This code is unknown, used or too old. Begin again.");
}

/// <param name="Code">From the link, behind <c>#/signed-in/</c>.</param>
public sealed record ExchangeRequest(string? Code);
