namespace Nimbus.Gateway.Dashboard;

/// <summary>
/// A browser on its way to the external issuer, or back from it, is a person's: what goes wrong there ends on the sign-in page,
/// which says what to do about it. Who asks for no page keeps the problem document.
/// </summary>
internal static class SignInRefusals
{
    private const string Oidc = "/v1/auth/oidc";

    public static void UseSignInRefusals(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        if (HttpMethods.IsGet(context.Request.Method) && context.Request.Path.StartsWithSegments(Oidc)
            && DashboardEndpoints.IsBrowser(context.Request))
            context.Response.OnStarting(LandOnSignInPage, context.Response);
        return next(context);
    });

    // When the answer starts: whoever refused, a service, the proxy or a limit, has set the status by then.
    private static Task LandOnSignInPage(object state)
    {
        var response = (HttpResponse)state;
        if (response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            // A word of ours: nothing that came with the request is shown to anyone.
            response.Headers.Location = $"/app/sign-in?problem={ReasonOf(response.StatusCode)}";
            response.StatusCode = StatusCodes.Status302Found;
        }
        return Task.CompletedTask;
    }

    /// <summary>Each status has one meaning on these addresses; the page has a text for each (Nimbus.Web, <c>text.signIn.refusals</c>).</summary>
    internal static string ReasonOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "expired",
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden => "refused",
        StatusCodes.Status404NotFound => "not_offered",
        StatusCodes.Status409Conflict => "email_taken",
        StatusCodes.Status429TooManyRequests => "too_many",
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout => "unavailable",
        _ => "failed",
    };
}
