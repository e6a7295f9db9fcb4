using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// The external issuer: where its pages are, and who its tokens speak of. Keys are remembered for an hour; a token under
/// a key that is not known asks for them again, at most every 30 seconds, so that keys may roll over and strangers
/// cannot make us ask.
/// </summary>
public sealed class ExternalIssuer(IHttpClientFactory clients, IOptions<OidcOptions> options, TimeProvider time) : IDisposable
{
    internal const string Client = "oidc";

    private static readonly TimeSpan Fresh = TimeSpan.FromHours(1);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim gate = new(1, 1);
    private volatile Known? known;

    /// <summary>Https, or this machine.</summary>
    internal static bool IsAllowed(Uri address) => address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);

    /// <summary>Where people sign in, and where codes are swapped.</summary>
    /// <exception cref="ProblemException">503 <c>issuer_unavailable</c>.</exception>
    public async Task<(Uri Authorization, Uri Token)> EndpointsAsync(CancellationToken ct)
    {
        var current = await KnownAsync(ct);
        return (current.Authorization, current.Token);
    }

    /// <summary>What an ID token says, or null where it is not one of this issuer, for us, in time and with this nonce.</summary>
    /// <param name="token">A token of the issuer.</param>
    /// <param name="nonce">Of the sign-in; null where there was none, since the token comes as Bearer.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="ProblemException">503 <c>issuer_unavailable</c>.</exception>
    public async Task<ExternalUser?> VerifyAsync(string token, string? nonce, CancellationToken ct)
    {
        var current = await KnownAsync(ct);
        var result = Verify(token, current);
        if (result.Refusal is JwtRefusal.BadSignature && time.GetUtcNow() - current.At >= BetweenAttempts)
            result = Verify(token, await LearnAsync(current, ct));
        if (result.Refusal is not null || (nonce is not null && result.Claims.Text("nonce") != nonce)
            || result.Claims.Text("sub") is not { Length: > 0 and <= 255 } subject)
            return null;
        // For several audiences, the one it was made for is said apart.
        if (result.Claims.TryGetProperty("azp", out _) && result.Claims.Text("azp") != options.Value.ClientId)
            return null;
        return new ExternalUser(options.Value.Issuer!, subject, result.Claims.Text("email"), result.Claims.Text("name"));
    }

    /// <inheritdoc />
    public void Dispose() => gate.Dispose();

    private JwtResult Verify(string token, Known current) =>
        new JwtVerifier([new TrustedIssuer(options.Value.Issuer!, [options.Value.ClientId!], current.Keys)], time).Verify(token);

    private Task<Known> KnownAsync(CancellationToken ct) =>
        known is { } current && time.GetUtcNow() - current.At < Fresh ? Task.FromResult(current) : LearnAsync(known, ct);

    private async Task<Known> LearnAsync(Known? before, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            if (known is { } meanwhile && meanwhile != before)
                return meanwhile;
            var issuer = options.Value.Issuer!;
            var discovery = await GetAsync(new Uri($"{issuer.TrimEnd('/')}/.well-known/openid-configuration"), ct);
            if (discovery.Text("issuer") != issuer)
                throw new JsonException("The discovery document is another issuer's.");
            var keys = JsonWebKeys.Read(await GetAsync(Address(discovery, "jwks_uri"), ct));
            return known = new Known(
                Address(discovery, "authorization_endpoint"), Address(discovery, "token_endpoint"), keys, time.GetUtcNow());
        }
        catch (Exception failure) when (!ct.IsCancellationRequested && failure is not ProblemException)
        {
            // What was known may do for a while yet: an issuer that is away has not changed its keys.
            return before ?? throw new ProblemException(503, "issuer_unavailable", "The issuer that people sign in by cannot be reached right now.");
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<JsonElement> GetAsync(Uri address, CancellationToken ct) =>
        StrictJson.TryParseObject(await clients.CreateClient(Client).GetByteArrayAsync(address, ct))
            ?? throw new JsonException("The issuer did not answer a JSON object.");

    private static Uri Address(JsonElement discovery, string name) =>
        Uri.TryCreate(discovery.Text(name), UriKind.Absolute, out var address) && IsAllowed(address)
            ? address
            : throw new JsonException($"The issuer gives no usable {name}.");

    private sealed record Known(Uri Authorization, Uri Token, IReadOnlyList<JwtKey> Keys, DateTimeOffset At);
}

/// <summary>Whom an issuer speaks of.</summary>
/// <param name="Subject">Its own name of the user, which never changes.</param>
/// <param name="Email">As the issuer has it; null where it does not say.</param>
public sealed record ExternalUser(string Issuer, string Subject, string? Email, string? Name);
