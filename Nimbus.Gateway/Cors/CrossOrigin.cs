using Microsoft.AspNetCore.Cors.Infrastructure;
using Nimbus.ServiceDefaults;

namespace Nimbus.Gateway.Cors;

/// <summary>
/// Who may call from a web page of another origin: ingestion from every site, since SDKs run there, and the rest only
/// from the origins in <c>Nimbus:Cors:AllowedOrigins</c> (none by default).
/// </summary>
internal static class CrossOrigin
{
    /// <summary>The policy that the ingestion routes in appsettings.json name.</summary>
    internal const string Ingestion = "ingestion";

    private const string Dashboards = "dashboards";

    public static void AddCrossOrigin(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<CrossOriginOptions>(CrossOriginOptions.Section).Validate(
            cors => cors.AllowedOrigins.All(CrossOriginOptions.IsOrigin),
            "Nimbus:Cors:AllowedOrigins has an entry that is no origin: write https://app.example.com, without a path.");
        builder.Services.AddCors(options => AddPolicies(options, AllowedOrigins(builder.Configuration)));
    }

    private static void AddPolicies(CorsOptions options, string[] origins)
    {
        // The origin is echoed and credentials are allowed because SDKs send withCredentials, for which browsers refuse
        // a "*". That is safe as long as ingestion neither reads nor sets a cookie.
        options.AddPolicy(Ingestion, policy => policy
            .SetIsOriginAllowed(_ => true)
            .AllowCredentials()
            .AllowAnyHeader()
            .WithMethods("GET", "POST", "OPTIONS")
            .WithExposedHeaders("Retry-After")
            .SetPreflightMaxAge(TimeSpan.FromHours(2)));
        options.AddPolicy(Dashboards, policy => policy
            .WithOrigins(origins)
            .AllowAnyHeader()
            .AllowAnyMethod()
            .WithExposedHeaders("Retry-After", "X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
            .SetPreflightMaxAge(TimeSpan.FromHours(2)));
    }

    public static void UseCrossOrigin(this WebApplication app)
    {
        if (AllowedOrigins(app.Configuration) is [])
            app.UseCors();
        else
            app.UseCors(Dashboards);
        app.Use(AnswerOptions);
    }

    /// <summary>An OPTIONS that is no preflight is answered here as well: ingestion needs no service and no key for it.</summary>
    private static Task AnswerOptions(HttpContext context, RequestDelegate next)
    {
        var ingestion = context.GetEndpoint()?.Metadata
            .GetMetadata<IEnableCorsAttribute>() is { PolicyName: Ingestion };
        if (!ingestion || !HttpMethods.IsOptions(context.Request.Method))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static string[] AllowedOrigins(IConfiguration configuration) =>
        (configuration.GetSection(CrossOriginOptions.Section).Get<CrossOriginOptions>() ?? new()).AllowedOrigins;
}
