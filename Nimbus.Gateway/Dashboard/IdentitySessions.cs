using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nimbus.ServiceDefaults;

namespace Nimbus.Gateway.Dashboard;

/// <summary>What identity said to a call of the dashboard's session.</summary>
internal sealed record IdentityAnswer(int Status, JsonNode? Body, string? RetryAfter);

/// <summary>Calls identity in the name of a browser.</summary>
internal sealed class IdentitySessions(IHttpClientFactory clients, CallerAddress caller, TimeProvider time)
{
    /// <summary>
    /// How long the pair that a refresh token was swapped for is given again to who shows the old one. Two tabs refresh at
    /// once, and a page that is left while it refreshes never sees the new cookie: neither is a thief.
    /// </summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private const int MaxSwaps = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, Swap> _swaps = new(StringComparer.Ordinal);

    /// <summary>Signs in or up: <paramref name="body"/> goes on as it came.</summary>
    public Task<IdentityAnswer> BeginAsync(HttpContext http, string path, string body) =>
        SendAsync(http, path, new StringContent(body, Encoding.UTF8, "application/json"), bearer: null);

    /// <summary>The next pair, one call for all who ask with the same token at about the same time.</summary>
    public async Task<IdentityAnswer> RefreshAsync(HttpContext http, string refreshToken)
    {
        var now = time.GetUtcNow();
        if (_swaps.Count > MaxSwaps)
            Sweep(now);
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(refreshToken)));
        var swap = _swaps.AddOrUpdate(key, _ => Begin(), (_, swap) => swap.Until > now ? swap : Begin());
        var answer = await swap.Answer.Value;
        if (answer.Status >= 400)
            _swaps.TryRemove(new KeyValuePair<string, Swap>(key, swap));
        // Each caller takes the token out of a copy of its own.
        return answer with { Body = answer.Body?.DeepClone() };

        Swap Begin() => new(now + Grace, new Lazy<Task<IdentityAnswer>>(() =>
            SendAsync(http, "/v1/auth/refresh", null, refreshToken)));
    }

    /// <summary>Ends the session that a refresh token belongs to.</summary>
    public async Task<IdentityAnswer> EndAsync(HttpContext http, string refreshToken)
    {
        var fresh = await RefreshAsync(http, refreshToken);
        return fresh.Body?["access_token"]?.GetValue<string>() is { } accessToken
            ? await SendAsync(http, "/v1/auth/logout", null, accessToken)
            : fresh;
    }

    // TRICKY: not ended when the browser goes away. Identity would have swapped the token and nobody would know the new one.
    private async Task<IdentityAnswer> SendAsync(HttpContext http, string path, HttpContent? body, string? bearer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body };
        if (bearer is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", http.Connection.RemoteIpAddress?.ToString());
        request.Headers.TryAddWithoutValidation(CallerAddress.Header, caller.Prove());
        request.Headers.TryAddWithoutValidation("User-Agent", http.Request.Headers.UserAgent.ToString());
        request.Headers.TryAddWithoutValidation("X-Request-Id", http.Response.Headers["X-Request-Id"].ToString());
        using var timeout = new CancellationTokenSource(Patience, time);
        try
        {
            using var client = clients.CreateClient(nameof(IdentitySessions));
            using var response = await client.SendAsync(request, timeout.Token);
            var text = await response.Content.ReadAsStringAsync(timeout.Token);
            return new IdentityAnswer(
                (int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), response.Headers.RetryAfter?.ToString());
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or JsonException)
        {
            throw new ProblemException(503, "upstream_unavailable", "The service behind this address cannot be reached at the moment.");
        }
    }

    private void Sweep(DateTimeOffset now)
    {
        foreach (var (key, swap) in _swaps)
        {
            if (swap.Until <= now)
                _swaps.TryRemove(key, out _);
        }
    }

    private sealed record Swap(DateTimeOffset Until, Lazy<Task<IdentityAnswer>> Answer);
}
