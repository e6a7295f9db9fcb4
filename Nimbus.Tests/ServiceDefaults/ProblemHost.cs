using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>A service in which every kind of thing goes wrong.</summary>
public sealed class ProblemHost : IAsyncLifetime
{
    internal DefaultsHost Host { get; private set; } = null!;

    internal LogLines Log { get; } = new();

    public async Task InitializeAsync() => Host = await DefaultsHost.StartAsync(
        app =>
        {
            app.MapGet("/fault", string () => throw new InvalidOperationException("password=hunter2"));
            app.MapGet("/conflict", string () => throw new ProblemException(409, "email_taken", "There is such an account."));
            app.MapGet("/result", () => Problem.Of(404, "project_not_found", "There is no such project."));
            app.MapGet("/invalid", () => Problem.Invalid(new Dictionary<string, string[]> { ["email"] = ["Too long."] }));
            app.MapGet("/number", (int pageSize) => pageSize);
            app.MapGet("/thing/{thingId}", ([FromRoute] Guid thingId) => thingId);
            app.MapPost("/thing", (Thing thing) => thing);
            app.MapPost("/small", async (HttpRequest request) =>
            {
                using var reader = new StreamReader(request.Body);
                return await reader.ReadToEndAsync();
            }).WithMetadata(new RequestSizeLimitAttribute(100));
            app.MapGet("/mine", () => "ok").RequireAuthorization();
            app.MapGet("/internal", () => "ok").RequireAuthorization(Policies.Service);
        },
        builder => builder.Logging.AddProvider(Log.Provider()));

    public async Task DisposeAsync() => await Host.DisposeAsync();

    private sealed record Thing(string? Name, int Count);
}
