using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Nimbus.Tests.Hosting;
using Xunit.Abstractions;

namespace Nimbus.Tests.EndToEnd;

/// <summary>
/// Every route of the published API, called by everyone there is: nobody, a write key, a stranger, and a member in each role.
/// The routes come from the document itself, so a new one is in the test the moment it exists, and fails it until
/// <see cref="RightsTable"/> says whose it is.
/// </summary>
[Collection(NimbusSystem.Collection)]
public sealed class RouteTests(NimbusSystem nimbus, ITestOutputHelper output)
{
    private static readonly Access[] Roles = [Access.Viewer, Access.Analyst, Access.Admin, Access.Owner];

    [Fact]
    public async Task Every_route_has_its_row_in_the_table_of_rights()
    {
        var published = (await RoutesAsync()).Select(route => $"{route.Method} {route.Path}").ToHashSet();
        Assert.Equal([], published.Except(RightsTable.Routes.Keys).Order());
    }

    [Fact]
    public async Task Nobody_and_a_write_key_get_401_from_every_route_that_is_not_for_them()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var called = 0;
        foreach (var (method, path) in await RoutesAsync())
        {
            if (RightsTable.Routes.GetValueOrDefault($"{method} {path}", Access.Owner) is Access.Public or Access.ByKey)
                continue;
            foreach (var writeKey in new[] { null, project.Project.WriteKey })
            {
                using var request = Request(method, path, project.Id);
                if (writeKey is not null)
                {
                    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", writeKey);
                    request.Headers.Add("X-Write-Key", writeKey);
                    request.Headers.Add("X-API-Key", writeKey);
                }
                using var answer = await nimbus.Gateway.SendAsync(request);
                await IsProblem(answer, HttpStatusCode.Unauthorized, $"{method} {path}");
                called++;
            }
        }
        output.WriteLine($"{called} combinations");
    }

    [Fact]
    public async Task A_project_does_not_exist_to_a_stranger_and_does_for_each_role_what_the_table_says()
    {
        var stranger = await TestAccount.RegisterAsync(nimbus);
        var owner = await TestAccount.RegisterAsync(nimbus);
        var members = new Dictionary<Access, TestAccount> { [Access.Owner] = owner };
        foreach (var role in Roles[..^1])
            members[role] = await TestAccount.RegisterAsync(nimbus);
        var called = 0;
        foreach (var (method, path) in await RoutesAsync())
        {
            if (!RightsTable.Routes.TryGetValue($"{method} {path}", out var access) || access < Access.Viewer)
                continue;
            // A project per route: some of them end it.
            var project = await owner.CreateProjectAsync();
            foreach (var role in Roles[..^1])
                await JoinAsync(project, members[role], role);

            using (var answer = await SendAsync(stranger, method, path, project.Id))
                await IsProblem(answer, HttpStatusCode.NotFound, $"{method} {path} as a stranger");
            foreach (var role in Roles)
            {
                var route = $"{method} {path} as {role}";
                using var answer = await SendAsync(members[role], method, path, project.Id);
                if (role < access)
                    Assert.Equal("forbidden", await IsProblem(answer, HttpStatusCode.Forbidden, route));
                else
                    await IsAllowed(answer, route);
            }
            called += 1 + Roles.Length;
        }
        output.WriteLine($"{called} combinations");
        Assert.True(called >= 90, $"only {called} combinations were tested");
    }

    [Fact]
    public async Task What_looks_after_the_installation_is_not_for_any_account()
    {
        var account = await TestAccount.RegisterAsync(nimbus);
        await using (var db = new Npgsql.NpgsqlConnection(await nimbus.ConnectionStringAsync("identitydb")))
        {
            // On an empty database this account would be the first, and so an administrator.
            await db.OpenAsync();
            await using var command = new Npgsql.NpgsqlCommand("UPDATE users SET is_administrator = false WHERE id = $1", db);
            command.Parameters.AddWithValue(account.Session.User.Id);
            await command.ExecuteNonQueryAsync();
        }
        foreach (var (route, _) in RightsTable.Routes.Where(row => row.Value == Access.Administrator))
        {
            using var answer = await SendAsync(account, route.Split(' ')[0], route.Split(' ')[1], Guid.CreateVersion7());
            Assert.Equal("forbidden", await IsProblem(answer, HttpStatusCode.Forbidden, route));
        }
    }

    private static async Task JoinAsync(TestProject project, TestAccount account, Access role)
    {
        using var content = JsonContent.Create(new { email = account.Email, role = role.ToString().ToLowerInvariant() });
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/projects/{project.Id}/members", content);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private static async Task<HttpResponseMessage> SendAsync(TestAccount account, string method, string path, Guid project)
    {
        using var request = Request(method, path, project);
        return await account.SendAsync(request.Method, request.RequestUri!.ToString(), request.Content);
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

    /// <summary>A call about the project: its id stands in the path, in the query and in the body.</summary>
    private static HttpRequestMessage Request(string method, string path, Guid project)
    {
        var filled = path.Replace("{project_id}", $"{project}", StringComparison.Ordinal)
            .Replace("{id}", $"{project}", StringComparison.Ordinal)
            .Replace("{key_id}", "nbk_000000000000000000000000", StringComparison.Ordinal);
        while (filled.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start)
            filled = $"{filled[..start]}{Guid.CreateVersion7()}{filled[(filled.IndexOf('}', StringComparison.Ordinal) + 1)..]}";
        return new HttpRequestMessage(
            new HttpMethod(method), $"{filled}?project_id={project}&from=2026-01-01&to=2026-01-02&start_date=2026-01-01&bucket=1d")
        {
            Content = method is "GET" or "DELETE" ? null : new StringContent(
                JsonSerializer.Serialize(new { name = "Mine now", kind = "write", email = "nobody@example.com", role = "viewer", project_id = project }),
                Encoding.UTF8, "application/json"),
        };
    }

    /// <summary>Let in: what comes may be a complaint about the request, never about who asks.</summary>
    private static async Task IsAllowed(HttpResponseMessage answer, string route)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode is < 500 and not 401 and not 403 and not 405, $"{route} answered {(int)answer.StatusCode}: {body}");
        Assert.DoesNotContain("project_not_found", body, StringComparison.Ordinal);
    }

    private static async Task<string?> IsProblem(HttpResponseMessage answer, HttpStatusCode status, string route)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{route} answered {(int)answer.StatusCode}: {body}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(body).RootElement;
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("trace_id").GetString()), route);
        var code = problem.GetProperty("code").GetString();
        Assert.False(string.IsNullOrEmpty(code), route);
        return code;
    }
}
