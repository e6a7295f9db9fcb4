namespace Nimbus.Gateway.ApiDocs;

/// <summary>The API's description, and two ways to read it, from files of this program alone.</summary>
internal static class ApiDocsEndpoints
{
    private const string DocumentPath = "/openapi.json";

    /// <summary>Nothing is asked of another host, whatever the pages' scripts would like.</summary>
    private const string Policy =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'";

    public static IServiceCollection AddApiDocs(this IServiceCollection services) => services.AddSingleton<ApiDocument>();

    public static void MapApiDocs(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(DocumentPath, GetDocument).AllowAnonymous().ExcludeFromDescription();
        Restrict(routes.MapSwaggerUI("docs", options =>
        {
            options.DocumentTitle = "Nimbus API";
            options.SwaggerEndpoint(DocumentPath, "Nimbus");
            options.EnableTryItOutByDefault();
            // Its badge would send the document's address to a validator on the internet.
            options.ConfigObject.ValidatorUrl = null;
        }));
        Restrict(routes.MapReDoc("redoc", options =>
        {
            options.DocumentTitle = "Nimbus API";
            options.SpecUrl(DocumentPath);
            // By default its script reports each visit to its maker; the policy above would stop it anyway.
            options.ConfigObject.AdditionalItems["disableTelemetry"] = true;
            // The page that comes with the package asks Google for its fonts.
            options.IndexStream = () => typeof(ApiDocsEndpoints).Assembly.GetManifestResourceStream("redoc.html")!;
        }));
    }

    private static async Task<IResult> GetDocument(ApiDocument document, CancellationToken ct) =>
        TypedResults.Bytes(await document.ReadAsync(ct), "application/json");

    private static void Restrict(IEndpointConventionBuilder pages) => pages.Add(endpoint =>
    {
        var serve = endpoint.RequestDelegate!;
        endpoint.Metadata.Add(new Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute());
        endpoint.RequestDelegate = context =>
        {
            context.Response.Headers.ContentSecurityPolicy = Policy;
            return serve(context);
        };
    });
}
