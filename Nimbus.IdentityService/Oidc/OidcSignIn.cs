using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Tokens;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Oidc;

/// <summary>
/// Sign-in by the external issuer: authorization code with PKCE (RFC 7636). The browser that began is known by a cookie, so
/// that nobody can be signed in to a stranger's account by a link.
/// </summary>
public sealed partial class OidcSignIn(
    ExternalIssuer issuer, IOptions<OidcOptions> options, IHttpClientFactory clients, PendingSignIns pending, PublicAddress address,
    IdentityDb db, Administrators administrators, Sessions sessions, AuditLog audit, TimeProvider time,
    ILogger<OidcSignIn> logger)
{
    public const string CallbackPath = "/v1/auth/oidc/callback";

    /// <summary>From the start to the return.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan CodeLifetime = TimeSpan.FromMinutes(1);

    private string RedirectUri => address.Of(CallbackPath);

    /// <summary>Where to send the browser, and the state that it is to bring back.</summary>
    public async Task<(string Location, string State)> StartAsync(CancellationToken ct)
    {
        RequireOn();
        var (authorization, _) = await issuer.EndpointsAsync(ct);
        var (state, nonce, verifier) = (Secret(), Secret(), Secret());
        await pending.KeepAsync("state", state, $"{nonce} {verifier}", Patience);
        return (QueryHelpers.AddQueryString(authorization.AbsoluteUri, new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = options.Value.ClientId,
            ["redirect_uri"] = RedirectUri,
            ["scope"] = options.Value.Scopes,
            ["state"] = state,
            ["nonce"] = nonce,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        }), state);
    }

    /// <summary>A link to the dashboard that holds a code of ours, good once for a minute.</summary>
    /// <exception cref="ProblemException">
    /// 400 <c>sign_in_expired</c>; 401 <c>sign_in_refused</c>; 409 <c>email_taken</c>; 503 <c>issuer_unavailable</c>.
    /// </exception>
    public async Task<string> FinishAsync(string code, string state, CancellationToken ct)
    {
        RequireOn();
        if ((await pending.TakeAsync("state", state))?.Split(' ') is not [var nonce, var verifier])
            throw new ProblemException(400, "sign_in_expired", "This sign-in was not begun here, or too long ago. Begin again.");
        var idToken = await SwapAsync(code, verifier, ct);
        var external = await issuer.VerifyAsync(idToken, nonce, ct)
            ?? throw RefusedBecause("its ID token is not for this client, of this sign-in, in time and signed by a key of its own");
        var userId = await FindOrMakeAsync(external, ct);
        var handover = Secret();
        await pending.KeepAsync("code", handover, userId.ToString("D"), CodeLifetime);
        return address.LinkTo("signed-in", handover);
    }

    /// <summary>A session for the bearer of a code of ours; null where it is unknown, used or too old.</summary>
    public async Task<SignedIn?> ExchangeAsync(string code, CancellationToken ct)
    {
        RequireOn();
        if (!Guid.TryParseExact(await pending.TakeAsync("code", code), "D", out var userId))
            return null;
        return await db.InTransactionAsync(async token =>
            await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == userId, token) is { } user
                ? SignedIn.Of(sessions.Begin(user.Id), user)
                : null, ct);
    }

    /// <summary>401 <c>sign_in_refused</c>. Why stands in the log, for who looks after the installation: the person cannot act on it.</summary>
    internal ProblemException RefusedBecause(string reason)
    {
        LogRefused(options.Value.Issuer, reason);
        return new ProblemException(401, "sign_in_refused", "The issuer did not sign you in.");
    }

    /// <summary>An issuer's error code (RFC 6749, 4.1.2.1) where it looks like one: anybody can send it.</summary>
    internal static string ErrorCode(string? error) =>
        error is { Length: > 0 and <= 40 } && error.All(c => char.IsAsciiLetterLower(c) || c == '_') ? error : "nothing that can be used";

    private async Task<string> SwapAsync(string code, string verifier, CancellationToken ct)
    {
        var (_, token) = await issuer.EndpointsAsync(ct);
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = RedirectUri,
            ["client_id"] = options.Value.ClientId!,
            ["code_verifier"] = verifier,
        };
        if (options.Value.ClientSecret is { Length: > 0 } secret)
            form["client_secret"] = secret;
        try
        {
            using var content = new FormUrlEncodedContent(form);
            using var response = await clients.CreateClient("oidc").PostAsync(token, content, ct);
            if (!response.IsSuccessStatusCode)
                throw RefusedBecause($"it answers {(int)response.StatusCode} when the code is swapped");
            var answer = await response.Content.ReadFromJsonAsync<TokenAnswer>(JsonConventions.Options, ct);
            return answer?.IdToken ?? throw RefusedBecause("it answers without an ID token");
        }
        // A refused connection, a time-out of the client's or of its resilience, an answer that is no JSON.
        catch (Exception failure) when (!ct.IsCancellationRequested && failure is not ProblemException)
        {
            LogRefused(options.Value.Issuer, $"its answer cannot be had or read, {failure.GetType().Name}");
            throw new ProblemException(503, "issuer_unavailable", "The issuer that people sign in by cannot be reached right now.");
        }
    }

    /// <summary>
    /// The account of this subject, made at first sight. An address that has an account already is not taken over: who made
    /// that one has never shown that the address is theirs, and need not be the one whom the issuer knows.
    /// </summary>
    internal Task<Guid> FindOrMakeAsync(ExternalUser external, CancellationToken ct) => db.InTransactionAsync(async token =>
    {
        var found = await db.ExternalLogins.Where(l => l.Issuer == external.Issuer && l.Subject == external.Subject)
            .Select(l => (Guid?)l.UserId).SingleOrDefaultAsync(token);
        if (found is { } known)
            return known;
        if (external.Email is not { } email || !EmailAddress.IsPlausible(email))
            throw RefusedBecause("it tells no email address; is the scope email asked for, and granted?");
        var normalized = EmailAddress.Normalize(email);
        if (await db.Users.AnyAsync(u => u.EmailNormalized == normalized, token))
            throw new ProblemException(409, "email_taken", "There is an account with this address already, which signs in by its password.");
        var now = time.GetStoredNow();
        var user = new User
        {
            Id = Guid.CreateVersion7(now),
            Email = email.Trim(),
            EmailNormalized = normalized,
            Name = external.Name is { Length: > 0 and <= 200 } name && Text.IsOneLine(name) ? name : null,
            IsAdministrator = await administrators.IsFirstAccountAsync(token),
            CreatedAt = now,
        };
        db.Users.Add(user);
        db.ExternalLogins.Add(new ExternalLogin { Issuer = external.Issuer, Subject = external.Subject, UserId = user.Id, CreatedAt = now });
        audit.Add(AuditAction.UserRegistered, user.Id, target: $"{user.Id}",
            details: new Dictionary<string, object?> { ["issuer"] = external.Issuer });
        return user.Id;
    }, ct);

    private void RequireOn()
    {
        if (!options.Value.IsOn)
            throw new ProblemException(404, "oidc_not_configured", "This installation knows no external issuer.");
    }

    private static string Secret() => RandomText.Base62(RandomText.CharactersFor256Bits);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in by {Issuer} was refused: {Reason}")]
    private partial void LogRefused(string? issuer, string reason);

    private sealed record TokenAnswer(string? IdToken);
}
