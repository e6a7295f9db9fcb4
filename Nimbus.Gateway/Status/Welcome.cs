using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.Gateway.Dashboard;

namespace Nimbus.Gateway.Status;

internal static class Welcome
{
    /// <summary>Who opens the address in a browser comes to the dashboard; a program learns where to go on.</summary>
    public static void MapWelcome(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", Get).AllowAnonymous().ExcludeFromDescription();

    private static Results<RedirectHttpResult, Ok<Ways>> Get(HttpRequest request) => DashboardEndpoints.IsBrowser(request)
        ? TypedResults.Redirect("/app")
        : TypedResults.Ok(new Ways("Nimbus", "/app", "/docs", "/redoc", "/openapi.json", "/v1/health"));

    private sealed record Ways(string Name, string Dashboard, string Docs, string Reference, string Openapi, string Health);
}
