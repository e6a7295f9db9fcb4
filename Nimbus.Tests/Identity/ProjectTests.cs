using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.ApiKeys;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Projects;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Identity;

[Collection(NimbusSystem.Collection)]
public sealed class ProjectTests(IdentitySystem system) : IClassFixture<IdentitySystem>
{
    [Fact]
    public async Task A_new_project_has_a_key_of_each_kind_and_shows_its_secret_once()
    {
        var user = await system.NewUserAsync();
        var created = await user.NewProjectAsync();
        var project = created.GetProperty("project");
        Assert.Matches("^nbs_", created.GetProperty("api_key_secret").GetString());
        Assert.Matches("^nbk_", project.GetProperty("api_key_id").GetString());
        Assert.Matches("^nbw_", project.GetProperty("write_key").GetString());
        Assert.Equal("UTC", project.GetProperty("time_zone").GetString());

        var read = await (await user.Client.GetAsync($"/v1/projects/{project.GetProperty("id")}")).JsonAsync();
        Assert.Equal(project.GetRawText(), read.GetRawText());
    }

    [Fact]
    public async Task Settings_are_changed_one_by_one_and_told_to_services()
    {
        var user = await system.NewUserAsync();
        var id = (await user.NewProjectAsync()).GetProperty("project").GetProperty("id").GetGuid();
        var project = await ChangeAsync(new { traffic = "network" });
        Assert.Equal((null, "network"), (DaysOf(project), project.GetProperty("traffic").GetString()));
        project = await ChangeAsync(new { retention_days = 30 });
        Assert.Equal((30, "network"), (DaysOf(project), project.GetProperty("traffic").GetString()));
        Assert.Equal(30, DaysOf(Assert.Single(await RetentionsAsync())));
        Assert.Equal(30, DaysOf(await ChangeAsync(new { name = "Shop 2" })));
        Assert.Null(DaysOf(await ChangeAsync(new { retention_days = (int?)null })));
        Assert.Empty(await RetentionsAsync());

        foreach (var (change, field) in new (object, string)[]
        {
            (new { retention_days = 0 }, "retention_days"), (new { retention_days = 3651 }, "retention_days"),
        })
        {
            var refused = await (await user.Client.PatchAsJsonAsync($"/v1/projects/{id}", change)).JsonAsync(HttpStatusCode.BadRequest);
            Assert.True(refused.GetProperty("errors").TryGetProperty(field, out _), refused.GetRawText());
        }
        Assert.Equal("invalid_json",
            await (await user.Client.PatchAsJsonAsync($"/v1/projects/{id}", new { traffic = "everything" })).CodeAsync(HttpStatusCode.BadRequest));
        Assert.Equal(HttpStatusCode.Forbidden, (await user.Client.GetAsync("/internal/projects/retention")).StatusCode);

        async Task<JsonElement> ChangeAsync(object change) => await (await user.Client.PatchAsJsonAsync($"/v1/projects/{id}", change)).JsonAsync();
        async Task<List<JsonElement>> RetentionsAsync() =>
            [.. (await (await system.Service.GetAsync("/internal/projects/retention")).JsonAsync()).EnumerateArray()
                .Where(retention => retention.GetProperty("project_id").GetGuid() == id)];
        static int? DaysOf(JsonElement project) =>
            project.GetProperty("retention_days") is { ValueKind: JsonValueKind.Number } days ? days.GetInt32() : null;
    }

    [Fact]
    public async Task A_secret_is_sealed_in_the_database_and_given_to_services_only()
    {
        var user = await system.NewUserAsync();
        var created = await user.NewProjectAsync();
        var keyId = created.GetProperty("project").GetProperty("api_key_id").GetString()!;
        var secret = created.GetProperty("api_key_secret").GetString()!;

        await using var db = system.OpenDatabase();
        var stored = await db.ApiKeys.SingleAsync(k => k.Id == keyId);
        Assert.False(stored.SealedSecret.AsSpan().IndexOf("nbs_"u8) >= 0);

        var body = new { kind = "key_id", value = keyId };
        Assert.Equal(secret, (await (await system.Service.PostAsJsonAsync("/internal/keys/resolve", body)).JsonAsync())
            .GetProperty("secret").GetString());
        Assert.Equal(HttpStatusCode.Forbidden, (await user.Client.PostAsJsonAsync("/internal/keys/resolve", body)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await system.Anonymous.PostAsJsonAsync("/internal/keys/resolve", body)).StatusCode);
    }

    [Fact]
    public async Task A_key_is_found_by_the_hash_of_its_secret_and_a_write_key_by_itself()
    {
        var created = await (await system.NewUserAsync()).NewProjectAsync();
        var project = created.GetProperty("project");
        var hash = Convert.ToHexStringLower(KeyFormat.HashOf(created.GetProperty("api_key_secret").GetString()!));
        var byHash = await (await ResolveAsync("secret_hash", hash)).JsonAsync();
        Assert.Equal(project.GetProperty("api_key_id").GetString(), byHash.GetProperty("key_id").GetString());
        var byWriteKey = await (await ResolveAsync("write_key", project.GetProperty("write_key").GetString()!)).JsonAsync();
        Assert.Equal("write", byWriteKey.GetProperty("kind").GetString());
        Assert.Equal(JsonValueKind.Null, byWriteKey.GetProperty("secret").ValueKind);
    }

    [Fact]
    public async Task To_a_stranger_a_project_does_not_exist()
    {
        var id = (await (await system.NewUserAsync()).NewProjectAsync()).GetProperty("project").GetProperty("id").GetGuid();
        var stranger = await system.NewUserAsync();
        foreach (var (method, path) in Routes(id))
            Assert.Equal("project_not_found", await (await SendAsync(stranger.Client, method, path)).CodeAsync(HttpStatusCode.NotFound));
    }

    [Theory]
    [InlineData(ProjectRole.Viewer)]
    [InlineData(ProjectRole.Analyst)]
    public async Task A_member_who_may_only_read_is_told_so(ProjectRole role)
    {
        var id = (await (await system.NewUserAsync()).NewProjectAsync()).GetProperty("project").GetProperty("id").GetGuid();
        var member = await system.NewUserAsync();
        await using (var db = system.OpenDatabase())
        {
            db.Members.Add(new Member { ProjectId = id, UserId = member.Id, Role = role, CreatedAt = DateTimeOffset.UtcNow });
            await db.SaveChangesAsync();
        }

        Assert.Equal(HttpStatusCode.OK, (await member.Client.GetAsync($"/v1/projects/{id}")).StatusCode);
        foreach (var (method, path) in Routes(id).Where(route => route != ("GET", $"/v1/projects/{id}")))
            Assert.Equal("forbidden", await (await SendAsync(member.Client, method, path)).CodeAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task After_a_rotation_the_old_key_is_unknown_and_marked_in_Redis()
    {
        var user = await system.NewUserAsync();
        var created = await user.NewProjectAsync();
        var project = created.GetProperty("project");
        var old = project.GetProperty("api_key_id").GetString()!;

        var rotated = await (await user.Client.PostAsync($"/v1/projects/{project.GetProperty("id")}/rotate-keys", content: null)).JsonAsync();

        Assert.NotEqual(old, rotated.GetProperty("project").GetProperty("api_key_id").GetString());
        Assert.NotEqual(created.GetProperty("api_key_secret").GetString(), rotated.GetProperty("api_key_secret").GetString());
        Assert.Equal(project.GetProperty("write_key").GetString(), rotated.GetProperty("project").GetProperty("write_key").GetString());
        Assert.Equal("unknown_key", await (await ResolveAsync("key_id", old)).CodeAsync(HttpStatusCode.NotFound));
        Assert.InRange(await MarkAsync(old), 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task In_its_grace_the_old_key_works_on_and_its_end_is_known()
    {
        var user = await system.NewUserAsync();
        var project = (await user.NewProjectAsync()).GetProperty("project");
        var old = project.GetProperty("api_key_id").GetString()!;
        var before = DateTimeOffset.UtcNow;

        await (await user.Client.PostAsJsonAsync(
            $"/v1/projects/{project.GetProperty("id")}/rotate-keys", new { grace_seconds = 3600 })).JsonAsync();

        var end = (await (await ResolveAsync("key_id", old)).JsonAsync()).GetProperty("valid_until").GetDateTimeOffset();
        Assert.InRange(end, before.AddSeconds(3599), DateTimeOffset.UtcNow.AddSeconds(3600));
        Assert.Equal(end.ToUnixTimeMilliseconds(), await MarkAsync(old));
    }

    [Fact]
    public async Task The_last_key_of_a_kind_stays_until_there_is_another()
    {
        var user = await system.NewUserAsync();
        var project = (await user.NewProjectAsync()).GetProperty("project");
        var keys = $"/v1/projects/{project.GetProperty("id")}/keys";
        var primary = project.GetProperty("api_key_id").GetString();

        Assert.Equal("last_key", await (await user.Client.DeleteAsync($"{keys}/{primary}")).CodeAsync(HttpStatusCode.Conflict));
        var further = (await (await user.Client.PostAsJsonAsync(keys, new { kind = "secret" })).JsonAsync(HttpStatusCode.Created))
            .GetProperty("key").GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.NoContent, (await user.Client.DeleteAsync($"{keys}/{primary}")).StatusCode);

        var now = await (await user.Client.GetAsync($"/v1/projects/{project.GetProperty("id")}")).JsonAsync();
        Assert.Equal(further, now.GetProperty("api_key_id").GetString());
    }

    [Fact]
    public async Task A_deleted_project_is_in_no_answer_and_its_keys_are_dead()
    {
        var user = await system.NewUserAsync();
        var project = (await user.NewProjectAsync()).GetProperty("project");
        var id = project.GetProperty("id").GetGuid();

        Assert.Equal(HttpStatusCode.NoContent, (await user.Client.DeleteAsync($"/v1/projects/{id}")).StatusCode);

        foreach (var (method, path) in Routes(id))
            Assert.Equal("project_not_found", await (await SendAsync(user.Client, method, path)).CodeAsync(HttpStatusCode.NotFound));
        Assert.Empty((await (await user.Client.GetAsync("/v1/projects")).JsonAsync()).GetProperty("projects").EnumerateArray());
        Assert.Empty((await (await user.Client.GetAsync("/v1/auth/me")).JsonAsync()).GetProperty("projects").EnumerateArray());
        Assert.Equal(HttpStatusCode.NotFound,
            (await system.Service.GetAsync($"/internal/projects/{id}/members/{user.Id}")).StatusCode);
        Assert.Equal("unknown_key",
            await (await ResolveAsync("write_key", project.GetProperty("write_key").GetString()!)).CodeAsync(HttpStatusCode.NotFound));
        Assert.True(await MarkAsync(project.GetProperty("api_key_id").GetString()!) > 0);
    }

    [Fact]
    public async Task Projects_are_paged_in_order_of_creation()
    {
        var user = await system.NewUserAsync();
        foreach (var name in new[] { "a", "b", "c" })
            await user.NewProjectAsync(name);

        var names = new List<string?>();
        for (var path = "/v1/projects?limit=2"; path is not null;)
        {
            var page = await (await user.Client.GetAsync(path)).JsonAsync();
            names.AddRange(page.GetProperty("projects").EnumerateArray().Select(p => p.GetProperty("name").GetString()));
            path = page.GetProperty("next_cursor").GetString() is { } cursor ? $"/v1/projects?limit=2&cursor={cursor}" : null;
        }

        Assert.Equal(["a", "b", "c"], names);
    }

    [Fact]
    public async Task Each_change_has_its_entry_in_the_audit_log()
    {
        var user = await system.NewUserAsync();
        var id = (await user.NewProjectAsync()).GetProperty("project").GetProperty("id").GetGuid();
        await user.Client.PatchAsJsonAsync($"/v1/projects/{id}", new { description = "changed" });
        await user.Client.PostAsync($"/v1/projects/{id}/rotate-keys", content: null);
        await user.Client.DeleteAsync($"/v1/projects/{id}");

        await using var db = system.OpenDatabase();
        var actions = await db.AuditEntries.Where(e => e.ProjectId == id).OrderBy(e => e.Id).Select(e => e.Action).ToListAsync();
        Assert.Equal(
            [AuditAction.ProjectCreated, AuditAction.ProjectChanged, AuditAction.KeyRotated, AuditAction.ProjectDeleted], actions);
        Assert.True(await db.AuditEntries.Where(e => e.ProjectId == id).AllAsync(e => e.ActorId == user.Id && e.Address != null));
    }

    [Theory]
    [InlineData("""{"name":"x\u0000"}""", "validation_failed")]
    [InlineData("""{"name":"\ud800"}""", "invalid_json")]
    [InlineData("""{"name":["x"]}""", "invalid_json")]
    [InlineData("""{"name":" "}""", "validation_failed")]
    [InlineData("""{"name":"x","description":"\u0000"}""", "validation_failed")]
    [InlineData("""{"name":"x","time_zone":"Europe/Atlantis"}""", "validation_failed")]
    [InlineData("null", "invalid_json")]
    [InlineData("{", "invalid_json")]
    public async Task A_project_that_cannot_be_is_refused(string body, string code)
    {
        var user = await system.NewUserAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(code, await (await user.Client.PostAsync("/v1/projects", content)).CodeAsync(HttpStatusCode.BadRequest));
    }

    private static IEnumerable<(string Method, string Path)> Routes(Guid id) =>
    [
        ("GET", $"/v1/projects/{id}"),
        ("PATCH", $"/v1/projects/{id}"),
        ("DELETE", $"/v1/projects/{id}"),
        ("POST", $"/v1/projects/{id}/rotate-keys"),
        ("GET", $"/v1/projects/{id}/keys"),
        ("POST", $"/v1/projects/{id}/keys"),
        ("DELETE", $"/v1/projects/{id}/keys/nbk_0123456789ABCDEFGHIJKLMN"),
    ];

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method is "PATCH" or "POST")
            request.Content = JsonContent.Create(new { kind = "write" });
        return await client.SendAsync(request);
    }

    private Task<HttpResponseMessage> ResolveAsync(string kind, string value) =>
        system.Service.PostAsJsonAsync("/internal/keys/resolve", new { kind, value });

    private async Task<long> MarkAsync(string keyId) =>
        (long)await system.Redis.GetDatabase().StringGetAsync($"nimbus:events:{{0}}:key:{keyId}");
}
