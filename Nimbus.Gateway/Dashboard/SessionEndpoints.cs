using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;

namespace Nimbus.Gateway.Dashboard;

/// <summary>
/// A browser's session: the access token goes to the page, which keeps it in memory, the refresh token into a cookie that no
/// script can read and that is sent to these addresses alone (docs/decisions/0010-browser-sessions.md).
/// </summary>
internal static class SessionEndpoints
{
    public const string Path = "/app/session";
    public const string Cookie = "nimbus_session";

    /// <summary>The page's own requests carry it. Another site's cannot, without asking first and being refused.</summary>
    public const string Mark = "X-Nimbus-Dashboard";

    private const int MaxBodyBytes = 16 * 1024;

    public static IServiceCollection AddDashboardSessions(this IServiceCollection services)
    {
        services.AddSettings<PublicUrlSettings>("Nimbus");
        services.AddSettings<ShownRegistration>("Nimbus:Registration");
        services.AddSingleton<IdentitySessions>();
        var client = services.AddHttpClient(nameof(IdentitySessions), http => http.BaseAddress = new Uri("https+http://identity"));
        // A refresh that is sent twice is a refresh token used twice, and ends the session.
#pragma warning disable EXTEXP0001 // The method is marked experimental; there is no other that takes a default handler off.
        client.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        return services;
    }

    public static void MapSession(this IEndpointRouteBuilder routes)
    {
        var session = routes.MapGroup(Path).AddEndpointFilter(OnlyTheDashboard);
        session.MapPost("", (HttpContext http, IdentitySessions identity) => BeginAsync(http, identity, "/v1/auth/login"));
        session.MapPost("/register", (HttpContext http, IdentitySessions identity) => BeginAsync(http, identity, "/v1/auth/register"));
        session.MapPost("/exchange", (HttpContext http, IdentitySessions identity) => BeginAsync(http, identity, "/v1/auth/oidc/exchange"));
        session.MapPost("/refresh", Refresh);
        session.MapDelete("", End);
        session.MapGet("/ways", Ways);
    }

    /// <summary>How one may sign in here.</summary>
    private static Ok<SignInWays> Ways(IOptions<OidcOptions> oidc, IOptions<ShownRegistration> registration) =>
        TypedResults.Ok(new SignInWays(oidc.Value.IsOn, registration.Value.Open));

    private static async Task<IResult> BeginAsync(HttpContext http, IdentitySessions identity, string path)
    {
        if (http.Request.ContentLength is not (> 0 and <= MaxBodyBytes))
            return Problem.Of(413, "body_too_large", $"The request's body may have at most {MaxBodyBytes} bytes, and must say how many.");
        using var reader = new StreamReader(http.Request.Body);
        return Answer(http, await identity.BeginAsync(http, path, await reader.ReadToEndAsync(http.RequestAborted)));
    }

    /// <summary>204: nobody is signed in in this browser, which is no error.</summary>
    private static async Task<IResult> Refresh(HttpContext http, IdentitySessions identity)
    {
        if (http.Request.Cookies[Cookie] is not { Length: > 0 and <= 512 } token)
            return TypedResults.NoContent();
        var answer = await identity.RefreshAsync(http, token);
        if (answer.Status is not (StatusCodes.Status400BadRequest or StatusCodes.Status401Unauthorized))
            return Answer(http, answer);
        Forget(http);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> End(HttpContext http, IdentitySessions identity)
    {
        var token = http.Request.Cookies[Cookie];
        Forget(http);
        if (token is { Length: > 0 and <= 512 } && await identity.EndAsync(http, token) is { Status: 503 } unfinished)
            return Answer(http, unfinished);
        return TypedResults.NoContent();
    }

    private static ContentHttpResult Answer(HttpContext http, IdentityAnswer answer)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (answer.RetryAfter is { } wait)
            http.Response.Headers.RetryAfter = wait;
        if (answer.Body is JsonObject body && body.Remove("refresh_token", out var token) && token is not null)
            http.Response.Cookies.Append(Cookie, token.GetValue<string>(), Options(http, RefreshLifetime));
        return TypedResults.Text(
            answer.Body?.ToJsonString() ?? "", answer.Status < 400 ? "application/json" : "application/problem+json", statusCode: answer.Status);
    }

    // As long as identity takes the token; it is the one that decides.
    private static readonly TimeSpan RefreshLifetime = TimeSpan.FromDays(7);

    private static void Forget(HttpContext http) => http.Response.Cookies.Append(Cookie, "", Options(http, TimeSpan.Zero));

    private static CookieOptions Options(HttpContext http, TimeSpan lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps || IsPublicOverHttps(http),
        Path = Path,
        MaxAge = lifetime,
        IsEssential = true,
    };

    /// <summary>Where a proxy that is not trusted takes the encryption off, the connection itself does not tell.</summary>
    private static bool IsPublicOverHttps(HttpContext http) =>
        http.RequestServices.GetRequiredService<IOptions<PublicUrlSettings>>().Value.PublicUrl?
            .StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true;

    private static async ValueTask<object?> OnlyTheDashboard(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        return request.Headers.ContainsKey(Mark) && IsSameOrigin(request)
            ? await next(context)
            : Problem.Of(403, "not_the_dashboard", $"This address is for the dashboard's own page, whose requests carry {Mark}.");
    }

    /// <summary>Browsers say where a request comes from. The scheme is left out: a proxy may have taken the encryption off.</summary>
    private static bool IsSameOrigin(HttpRequest request) =>
        request.Headers.Origin.ToString() is not { Length: > 0 } origin
        || (Uri.TryCreate(origin, UriKind.Absolute, out var from)
            && string.Equals(new HostString(from.Authority).Value, request.Host.Value, StringComparison.OrdinalIgnoreCase));
}

/// <param name="Oidc">By an external issuer too.</param>
/// <param name="Registration">Whether anyone may make an account.</param>
internal sealed record SignInWays(bool Oidc, bool Registration);

/// <summary>Section <c>Nimbus:Registration</c>: who may make an account.</summary>
internal sealed record ShownRegistration
{
    /// <summary>Whether anyone may; false: who is invited, and whoever makes the installation's first account.</summary>
    // Identity decides; the dashboard offers.
    public bool Open { get; init; } = true;
}
