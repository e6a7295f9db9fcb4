namespace Nimbus.Gateway.Status;

internal static class Welcome
{
    /// <summary>Who opens the address in a browser learns where to go on.</summary>
    public static void MapWelcome(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", () => TypedResults.Ok(new
        {
            Name = "Nimbus",
            Docs = "/docs",
            Reference = "/redoc",
            Openapi = "/openapi.json",
            Health = "/v1/health",
        })).AllowAnonymous().ExcludeFromDescription();
}
