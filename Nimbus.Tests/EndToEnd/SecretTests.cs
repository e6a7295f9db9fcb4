using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>
/// Every route of the published API is called with secrets in every place where one may stand, and whatever else is made of
/// it: neither an answer nor a trace nor a log nor a metric holds one of them.
/// </summary>
[Collection(NimbusSystem.Collection)]
public sealed class SecretTests(NimbusSystem nimbus)
{
    private const string NewPassword = "another battery staple";

    [Fact]
    public async Task No_secret_comes_back_or_stands_in_a_trace_a_log_or_a_metric()
    {
        var recording = nimbus.Telemetry.Record();
        var project = await TestProject.CreateAsync(nimbus);
        var personal = (await PostAsync(project, "/v1/auth/tokens", new { name = "x", scopes = new[] { "admin" } })).GetProperty("token").GetString()!;
        var invitation = (await PostAsync(project, $"/v1/projects/{project.Id}/invitations", new { role = "viewer" })).GetProperty("token").GetString()!;
        var session = project.Owner.Session;
        string[] secrets =
        [
            TestAccount.Password, NewPassword, session.AccessToken, session.RefreshToken, personal, invitation, project.Secret,
            NimbusSystem.JwtSecret, NimbusSystem.MasterKey, "only-for-the-tests",
        ];

        var last = "";
        foreach (var (method, path) in await RoutesAsync())
        {
            foreach (var token in new[] { session.AccessToken, personal })
            {
                var trace = ActivityTraceId.CreateRandom();
                last = trace.ToString();
                using var request = Request(method, path, project, token, invitation);
                request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
                using var answer = await nimbus.Gateway.SendAsync(request);
                var body = await answer.Content.ReadAsStringAsync();
                foreach (var secret in secrets)
                    Assert.False(body.Contains(secret, StringComparison.Ordinal), $"{method} {path} gives a secret back: {body}");
            }
        }

        await Eventually.TrueAsync(
            () => Task.FromResult(recording.Spans(last).Count > 0), () => "the last call's trace has not come", TimeSpan.FromSeconds(30));
        // What is no secret is found: the search can see.
        Assert.True(recording.Contains("/v1/auth/login") && recording.Contains("nimbus_") | recording.Contains("nimbus."));
        foreach (var secret in secrets)
            Assert.False(recording.Contains(secret), $"{secret} is in the exported telemetry");
    }

    private static async Task<JsonElement> PostAsync(TestProject project, string path, object content)
    {
        using var body = JsonContent.Create(content);
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, path, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>What ends the session or the project comes last.</summary>
    private async Task<List<(string Method, string Path)>> RoutesAsync()
    {
        using var document = JsonDocument.Parse(await nimbus.Gateway.GetStringAsync("/openapi.json"));
        return [.. document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (operation.Name.ToUpperInvariant(), path.Name)))
            .OrderBy(route => route switch
            {
                (_, "/v1/auth/me") or (_, "/v1/auth/logout") => 3,
                ("DELETE", _) => 2,
                (_, "/v1/auth/password" or "/v1/projects/{id}/rotate-keys") => 1,
                _ => 0,
            })];
    }

    private static HttpRequestMessage Request(string method, string path, TestProject project, string token, string invitation)
    {
        var filled = path.Replace("{id}", $"{project.Id}", StringComparison.Ordinal).Replace("{project_id}", $"{project.Id}", StringComparison.Ordinal);
        while (filled.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start)
            filled = $"{filled[..start]}{Guid.CreateVersion7()}{filled[(filled.IndexOf('}', StringComparison.Ordinal) + 1)..]}";
        var request = new HttpRequestMessage(
            new HttpMethod(method), $"{filled}?project_id={project.Id}&from=2026-01-01&to=2026-01-02&start_date=2026-01-01&bucket=1d&access_token={token}")
        {
            Content = method is "GET" or "DELETE" ? null : new StringContent(
                JsonSerializer.Serialize(new
                {
                    project_id = project.Id,
                    email = project.Owner.Email,
                    username = project.Owner.Email,
                    name = "x",
                    role = "viewer",
                    kind = "secret",
                    password = TestAccount.Password,
                    current_password = TestAccount.Password,
                    new_password = NewPassword,
                    refresh_token = project.Owner.Session.RefreshToken,
                    token = invitation,
                    code = invitation,
                    invitation,
                    secret = project.Secret,
                    // Of no route's shape, so that what is wrong with it is told.
                    events = new[] { new { name = project.Secret.Length, user_id = "ada" } },
                }),
                Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("X-API-Key", project.Secret);
        request.Headers.Add("Cookie", $"session={project.Owner.Session.RefreshToken}");
        return request;
    }
}
