using System.Globalization;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using Nimbus.Gateway.Cors;
using Nimbus.Gateway.Dashboard;
using Nimbus.ServiceDefaults;

namespace Nimbus.Gateway.RateLimits;

/// <summary>
/// How much one user, or one address without a valid token, may ask of the services in a minute. Ingestion is limited by key
/// where keys are known, in intake, and probes are not limited at all.
/// </summary>
internal static class RequestLimits
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public static void AddRequestLimits(this WebApplicationBuilder builder)
    {
        // The gateway serves without Redis, so its readiness does not ask for it.
        if (builder.HasConnectionString("redis", ConnectionKind.Redis))
            builder.AddRedisClient("redis", settings => settings.DisableHealthChecks = true);
        builder.Services.AddTokenBuckets();
    }

    public static void UseRequestLimits(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<IOptions<RateLimitOptions>>().Value;
        if (!limits.Enabled)
            return;
        var buckets = app.Services.GetRequiredService<TokenBuckets>();
        app.Use(async (context, next) =>
        {
            if (IsLimited(context) && await TakeAsync(buckets, limits, context) is { } answer)
            {
                State(context.Response.Headers, answer);
                if (!answer.Taken)
                {
                    context.Response.Headers.RetryAfter = Seconds(answer.Wait);
                    await Problem.Of(429, "rate_limited", "There were too many requests. Wait for as long as Retry-After says.")
                        .ExecuteAsync(context);
                    return;
                }
            }
            await next(context);
        });
    }

    private static Task<BucketAnswer?> TakeAsync(TokenBuckets buckets, RateLimitOptions limits, HttpContext context) =>
        context.User.Identity is { IsAuthenticated: true }
            ? buckets.TakeAsync("user", $"{context.User.UserId():N}", limits.SignedInPerMinute, Window, context.RequestAborted)
            : buckets.TakeAsync("address", TokenBuckets.NameOf(context.Connection.RemoteIpAddress), limits.AnonymousPerMinute,
                Window, context.RequestAborted);

    private static bool IsLimited(HttpContext context) =>
        (context.Request.Path.StartsWithSegments("/v1") || context.Request.Path.StartsWithSegments("/stats")
            || context.Request.Path.StartsWithSegments("/ws") || context.Request.Path.StartsWithSegments(SessionEndpoints.Path))
        && !context.Request.Path.StartsWithSegments("/v1/health")
        && !HttpMethods.IsOptions(context.Request.Method)
        && context.GetEndpoint()?.Metadata.GetMetadata<IEnableCorsAttribute>() is not { PolicyName: CrossOrigin.Ingestion };

    private static void State(IHeaderDictionary headers, BucketAnswer answer)
    {
        headers["RateLimit-Limit"] = answer.Capacity.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = answer.Remaining.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Reset"] = Seconds(answer.Full);
    }

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
