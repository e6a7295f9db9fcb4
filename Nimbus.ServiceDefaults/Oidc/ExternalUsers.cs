using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

/// <summary>Which account an issuer's user has here: the identity service has the database, the others ask it.</summary>
public interface IExternalUserSource
{
    /// <summary>The account, made at first sight.</summary>
    /// <exception cref="ProblemException">Its address has an account already, or it has none.</exception>
    Task<Guid> FindOrMakeAsync(ExternalUser user, CancellationToken ct);
}

/// <summary>
/// Bearer tokens of the external issuer. They speak for their account as a personal token with every scope does: what changes
/// how the account is signed in to takes a session of ours, and their end is their expiry.
/// </summary>
public sealed class ExternalUsers(
    ExternalIssuer issuer, IExternalUserSource source, IOptions<OidcOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    // Bounds memory; asking again is all that a dropped answer costs.
    private const int MaxUsers = 10_000;

    private readonly ConcurrentDictionary<string, (Guid User, DateTimeOffset At)> accounts = new(StringComparer.Ordinal);

    internal bool IsOn => options.Value.IsOn;

    /// <summary>Who calls, or null where the token does not hold.</summary>
    internal async Task<ClaimsIdentity?> FindAsync(string token, string scheme, CancellationToken ct)
    {
        if (await issuer.VerifyAsync(token, nonce: null, ct) is not { } external)
            return null;
        var now = time.GetUtcNow();
        if (!accounts.TryGetValue(external.Subject, out var account) || now - account.At >= Fresh)
        {
            account = (await source.FindOrMakeAsync(external, ct), now);
            if (accounts.Count >= MaxUsers)
                accounts.Clear();
            accounts[external.Subject] = account;
        }
        var claims = new ClaimsIdentity(scheme, "sub", roleType: null);
        claims.AddClaim(new Claim("iss", external.Issuer));
        claims.AddClaim(new Claim("sub", account.User.ToString("D")));
        claims.AddClaim(new Claim("aud", Audiences.User));
        claims.AddClaim(new Claim(TokenScopes.Claim, TokenScopes.Admin));
        return claims;
    }
}

/// <summary>Asks the identity service for the accounts of an issuer's users.</summary>
internal sealed class IdentityUserSource(IHttpClientFactory clients) : IExternalUserSource
{
    public async Task<Guid> FindOrMakeAsync(ExternalUser user, CancellationToken ct)
    {
        try
        {
            using var response = await clients.CreateClient(IdentityTokenSource.Client)
                .PostAsJsonAsync(new Uri("/internal/external-users", UriKind.Relative), user, JsonConventions.Options, ct);
            if (response.IsSuccessStatusCode)
                return await response.Content.ReadFromJsonAsync<Guid>(JsonConventions.Options, ct);
            if ((int)response.StatusCode is 401 or 409)
                throw new ProblemException((int)response.StatusCode, "sign_in_refused", "This user of the issuer has no account here, and none can be made: its address is missing or taken.");
        }
        catch (Exception failure) when (!ct.IsCancellationRequested && failure is HttpRequestException or JsonException)
        {
        }
        throw new ProblemException(503, "identity_unavailable", "Whose token this is cannot be found out right now.");
    }
}
