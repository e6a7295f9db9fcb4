using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.ServiceDefaults;

internal static class ProblemRegistration
{
    public static IServiceCollection AddProblems(this IServiceCollection services)
    {
        // The first writer that can, writes: ours before the framework's.
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddExceptionHandler<ExceptionProblems>();
        // Thrown in every environment, so that the exception handler sees why a parameter could not be bound.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        return services;
    }

    public static WebApplication UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            // An answer given on purpose is no error of ours, a 503 neither: only the rest is worth a stack trace in the log.
            SuppressDiagnosticsCallback = context => context.Exception is ProblemException or BadHttpRequestException,
        });
        app.UseStatusCodePages(context =>
            ExceptionProblems.ByStatus(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
        return app;
    }
}
