using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// The caller's address behind the gateway. The gateway states it in X-Forwarded-For and proves itself by a token in a header
/// of its own, so a service needs to know no addresses of gateways, and believes nobody else.
/// </summary>
public sealed class CallerAddress(IServiceProvider services, TimeProvider time)
{
    /// <summary>The header that proves the gateway.</summary>
    public const string Header = "X-Nimbus-Gateway";

    private const string Audience = Audiences.Gateway;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(5);

    // More gateways than that, or a flood of proofs, only costs checking a signature again.
    private const int MaxProofs = 100;

    private readonly ConcurrentDictionary<string, DateTimeOffset> proofs = new(StringComparer.Ordinal);
    private volatile Proof? current;

    /// <summary>The gateway's proof: the same for five minutes.</summary>
    public string Prove()
    {
        var now = time.GetUtcNow();
        if (current is { } proof && now < proof.Until)
            return proof.Token;
        var token = services.GetRequiredService<TokenIssuer>().Issue(new AccessToken(Guid.Empty, Guid.Empty, Audience, Lifetime));
        current = new Proof(token, now + Renewal);
        return token;
    }

    internal void Apply(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers[Header] is not [{ } token])
            return;
        headers.Remove(Header);
        if (IsProof(token)
            && headers["X-Forwarded-For"].ToString().Split(',') is [.., var last]
            && IPAddress.TryParse(last.Trim(), out var address))
            context.Connection.RemoteIpAddress = address;
    }

    private bool IsProof(string token)
    {
        var now = time.GetUtcNow();
        if (proofs.TryGetValue(token, out var until) && now < until)
            return true;
        var result = services.GetRequiredService<JwtVerifier>().Verify(token);
        if (result.Refusal is not null || !result.Audiences.Contains(Audience))
            return false;
        if (proofs.Count >= MaxProofs)
            proofs.Clear();
        // Checked again well within its life.
        proofs[token] = now + TimeSpan.FromMinutes(1);
        return true;
    }

    private sealed record Proof(string Token, DateTimeOffset Until);
}

internal static class CallerAddressMiddleware
{
    public static IApplicationBuilder UseCallerAddress(this IApplicationBuilder app)
    {
        var callers = app.ApplicationServices.GetRequiredService<CallerAddress>();
        return app.Use((context, next) =>
        {
            callers.Apply(context);
            return next(context);
        });
    }
}
