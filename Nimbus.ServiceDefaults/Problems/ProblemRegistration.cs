using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.ServiceDefaults;

internal static class ProblemRegistration
{
    public static IServiceCollection AddProblems(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = context => Complete(context.ProblemDetails));
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddExceptionHandler<ExceptionProblems>();
        // Thrown in every environment, so that the exception handler sees why a parameter could not be bound.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        return services;
    }

    public static WebApplication UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            // What the caller did wrong is no error of ours: only the rest is worth a stack trace in the log.
            SuppressDiagnosticsCallback = context =>
                context.Exception is ProblemException { Status: < 500 } or BadHttpRequestException,
        });
        app.UseStatusCodePages(context =>
            ExceptionProblems.ByStatus(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
        return app;
    }

    /// <summary>Adds what every document of ours has to one that the framework made (validation, antiforgery, …).</summary>
    private static void Complete(ProblemDetails document)
    {
        var status = document.Status ?? StatusCodes.Status500InternalServerError;
        var code = document.Extensions.TryGetValue("code", out var given) && given is string text ? text
            : document is HttpValidationProblemDetails ? "validation_failed"
            : StatusProblems.Of(status).Code;
        document.Type = Problem.TypeOf(code);
        document.Title = Problem.TitleOf(status);
        document.Detail ??= document is HttpValidationProblemDetails
            ? "The request has values that are missing or cannot be used."
            : StatusProblems.Of(status).Detail;
        document.Extensions["code"] = code;
        document.Extensions.TryAdd("trace_id", Problem.TraceId());
        // The framework's own form of the trace id, under its own name.
        document.Extensions.Remove("traceId");
    }
}
