using System.Net;
using System.Text;
using System.Text.Json;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>
/// Every route of the published API, called by nobody and by a stranger. The routes come from the document itself, so a
/// new one is in the test the moment it exists; what may be called without a token is listed here by name.
/// </summary>
[Collection(NimbusSystem.Collection)]
public sealed class RouteTests(NimbusSystem nimbus)
{
    private static readonly HashSet<string> Public =
    [
        "POST /v1/auth/register", "POST /v1/auth/login", "POST /v1/auth/refresh",
        "POST /v1/auth/password-reset", "POST /v1/auth/password-reset/confirm",
        "GET /health", "GET /health/detailed", "GET /readiness", "GET /v1/health",
    ];

    /// <summary>Routes about the caller alone: a stranger sees their own, which is no one else's.</summary>
    private static readonly HashSet<string> Own =
    [
        "GET /v1/auth/me", "POST /v1/auth/logout", "GET /v1/projects", "POST /v1/projects",
        "POST /v1/invitations/accept",
        "GET /v1/auth/tokens", "POST /v1/auth/tokens", "DELETE /v1/auth/tokens/{token_id}", "POST /v1/auth/password", "DELETE /v1/auth/me",
        "POST /v1/admin/password-resets",
    ];

    /// <summary>Authenticated by a project's key, in their own tests.</summary>
    private static readonly HashSet<string> ByKey = ["POST /v1/events", "POST /events"];

    [Fact]
    public async Task Nobody_gets_401_from_every_route_that_is_not_public()
    {
        var routes = await RoutesAsync();
        foreach (var (method, path) in routes.Where(route => !Public.Contains($"{route.Method} {route.Path}")))
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), Filled(path, Guid.CreateVersion7())) { Content = BodyOf(method, Guid.CreateVersion7()) };
            using var answer = await nimbus.Gateway.SendAsync(request);
            await IsProblem(answer, HttpStatusCode.Unauthorized, $"{method} {path}");
        }
    }

    [Fact]
    public async Task A_stranger_gets_404_from_every_route_of_another_accounts_project()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var stranger = await TestAccount.RegisterAsync(nimbus);
        var called = 0;
        foreach (var (method, path) in await RoutesAsync())
        {
            if (Public.Contains($"{method} {path}") || Own.Contains($"{method} {path}") || ByKey.Contains($"{method} {path}"))
                continue;
            using var answer = await stranger.SendAsync(new HttpMethod(method), Filled(path, project.Id), BodyOf(method, project.Id));
            await IsProblem(answer, HttpStatusCode.NotFound, $"{method} {path}");
            called++;
        }
        Assert.True(called >= 9, $"only {called} routes were found in the document");
        Assert.Equal(project.Id, (await project.Api.ListProjectsAsync()).Projects.Single().Id);
    }

    private async Task<List<(string Method, string Path)>> RoutesAsync()
    {
        using var document = JsonDocument.Parse(await nimbus.Gateway.GetStringAsync("/openapi.json"));
        var routes = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (operation.Name.ToUpperInvariant(), path.Name)))
            .ToList();
        Assert.NotEmpty(routes);
        return routes;
    }

    private static string Filled(string path, Guid projectId)
    {
        var filled = path.Replace("{project_id}", $"{projectId}", StringComparison.Ordinal)
            .Replace("{id}", $"{projectId}", StringComparison.Ordinal)
            .Replace("{token_id}", $"{projectId}", StringComparison.Ordinal)
            .Replace("{user_id}", $"{projectId}", StringComparison.Ordinal)
            .Replace("{invitation_id}", $"{projectId}", StringComparison.Ordinal)
            .Replace("{key_id}", "nbk_000000000000000000000000", StringComparison.Ordinal);
        Assert.DoesNotContain('{', filled);
        return path.Contains('{', StringComparison.Ordinal)
            ? filled
            : $"{filled}?project_id={projectId}&from=2026-01-01&to=2026-01-02&bucket=1d";
    }

    private static StringContent? BodyOf(string method, Guid projectId) => method is "GET" or "DELETE"
        ? null
        : new StringContent($$"""{"name":"Mine now","kind":"write","project_id":"{{projectId}}"}""", Encoding.UTF8, "application/json");

    private static async Task IsProblem(HttpResponseMessage answer, HttpStatusCode status, string route)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{route} answered {(int)answer.StatusCode}: {body}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(body).RootElement;
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("code").GetString()), route);
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("trace_id").GetString()), route);
    }
}
