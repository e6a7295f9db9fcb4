using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

/// <summary>The one authentication scheme: an access token of a trusted issuer whose session runs.</summary>
internal sealed class BearerHandler(
    JwtVerifier tokens,
    PersonalTokens personalTokens,
    ExternalUsers externalUsers,
    SessionRevocation sessions,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Bearer";

    private string? refused;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (BearerToken.Find(Request) is not { } token)
            return AuthenticateResult.NoResult();

        if (PersonalTokens.IsOne(token))
            return await ReadPersonalAsync(token);
        var result = tokens.Verify(token);
        if (result.Refusal is JwtRefusal.UnknownIssuer && externalUsers.IsOn)
            return await externalUsers.FindAsync(token, SchemeName, Context.RequestAborted) is { } external
                ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(external), SchemeName))
                : Refuse(Describe(JwtRefusal.BadSignature));
        if (result.Refusal is { } refusal)
            return Refuse(Describe(refusal));
        if (ReadIdentity(result) is not { } identity)
            return Refuse("The token is not well-formed.");
        if (identity.Session is { } session && await sessions.IsRevokedAsync(session, Context.RequestAborted))
            return Refuse("The session has ended.");

        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity.Claims), SchemeName));
    }

    private async Task<AuthenticateResult> ReadPersonalAsync(string secret)
    {
        if (await personalTokens.FindAsync(secret, Context.RequestAborted) is not { } token
            || await sessions.IsRevokedAsync(token.TokenId, Context.RequestAborted))
            return Refuse("The token is unknown or has ended.");
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(token.ToIdentity(SchemeName)), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // RFC 6750: no error code where no token was sent.
        Response.Headers.WWWAuthenticate = refused is null ? "Bearer" : "Bearer error=\"invalid_token\"";
        var detail = refused ?? StatusProblems.Of(StatusCodes.Status401Unauthorized).Detail;
        return Problem.Of(StatusCodes.Status401Unauthorized, "unauthorized", detail).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ExceptionProblems.ByStatus(StatusCodes.Status403Forbidden).ExecuteAsync(Context);

    private AuthenticateResult Refuse(string why)
    {
        refused = why;
        return AuthenticateResult.Fail(why);
    }

    /// <summary>Our own tokens name a user and a session by id; a person's has both.</summary>
    private static (ClaimsIdentity Claims, Guid? Session)? ReadIdentity(JwtResult token)
    {
        if (!Guid.TryParseExact(token.Claims.Text("sub"), "D", out var user)
            || !Guid.TryParseExact(token.Claims.Text("sid"), "D", out var session))
            return null;
        var isUser = token.Audiences.Contains(Audiences.User);
        if (isUser && (user == Guid.Empty || session == Guid.Empty))
            return null;

        var claims = new ClaimsIdentity(SchemeName, "sub", roleType: null);
        claims.AddClaim(new Claim("iss", token.Issuer));
        claims.AddClaim(new Claim("sub", user.ToString("D")));
        claims.AddClaim(new Claim("sid", session.ToString("D")));
        foreach (var audience in token.Audiences)
            claims.AddClaim(new Claim("aud", audience));
        return (claims, isUser ? session : null);
    }

    private static string Describe(JwtRefusal refusal) => refusal switch
    {
        JwtRefusal.Expired => "The token has expired.",
        JwtRefusal.NotYetValid => "The token is not valid yet.",
        JwtRefusal.WrongAudience => "The token is for somebody else.",
        JwtRefusal.Malformed => "The token is not well-formed.",
        // Whether the issuer or the signature is wrong helps only who tries keys.
        _ => "The token is not one of this installation.",
    };
}
