using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Nimbus.Gateway.Dashboard;

/// <summary>The dashboard: one page at /app and below, which finds its own way, and its files at /assets.</summary>
internal static class DashboardEndpoints
{
    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        var dashboard = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        dashboard.MapGet("/app/{**page}", GetPage);
        dashboard.MapGet("/assets/{name}", GetAsset);
        dashboard.MapSession();
    }

    /// <summary>Whether a person looks, and not a program.</summary>
    public static bool IsBrowser(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static async Task<ContentHttpResult> GetPage(HttpResponse response, CancellationToken ct)
    {
        var (html, policy) = await DashboardFiles.PageAsync(ct);
        response.Headers.ContentSecurityPolicy = policy;
        // The names of the files change with what is in them; this page is where they stand.
        response.Headers.CacheControl = "no-cache";
        return TypedResults.Content(html, "text/html; charset=utf-8");
    }

    private static Results<PhysicalFileHttpResult, NotFound> GetAsset(string name, HttpContext http)
    {
        if (DashboardFiles.Asset(name, http.Request.Headers.AcceptEncoding.ToString()) is not { } asset)
            return TypedResults.NotFound();
        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        http.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (asset.Encoding is not null)
            http.Response.Headers.ContentEncoding = asset.Encoding;
        return TypedResults.PhysicalFile(asset.Path, TypeOf(name));
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        _ => "application/octet-stream",
    };
}
