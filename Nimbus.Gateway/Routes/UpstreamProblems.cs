using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.ServiceDefaults;

namespace Nimbus.Gateway.Routes;

/// <summary>The proxy answers with a bare status when a service cannot; here it becomes a problem document.</summary>
internal static class UpstreamProblems
{
    public static void UseUpstreamProblems(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        await next(context);
        if (IsBare(context.Response) && Of(context.Response.StatusCode) is { } problem)
            await problem.ExecuteAsync(context);
    });

    /// <summary>A service's own answer has a length or a type and is passed on as it is.</summary>
    private static bool IsBare(HttpResponse response) =>
        !response.HasStarted && response.ContentLength is null && string.IsNullOrEmpty(response.ContentType);

    private static ProblemHttpResult? Of(int status) => status switch
    {
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable =>
            Problem.Of(status, "upstream_unavailable", "The service behind this address cannot be reached at the moment."),
        StatusCodes.Status504GatewayTimeout =>
            Problem.Of(status, "upstream_timeout", "The service behind this address did not answer in time."),
        _ => null,
    };
}
