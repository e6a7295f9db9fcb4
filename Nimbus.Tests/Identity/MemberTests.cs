using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Identity;

[Collection(NimbusSystem.Collection)]
public sealed class MemberTests(IdentitySystem system) : IClassFixture<IdentitySystem>
{
    [Fact]
    public async Task An_owner_adds_changes_and_removes_members_and_other_services_hear_of_it()
    {
        var (owner, project) = await NewProjectAsync();
        var ada = await system.NewUserAsync();
        var members = $"/v1/projects/{project}/members";

        var added = await (await owner.Client.PostAsJsonAsync(members, new { email = ada.Email.ToUpperInvariant(), role = "viewer" }))
            .JsonAsync(HttpStatusCode.Created);
        Assert.Equal(ada.Id, added.GetProperty("user_id").GetGuid());
        Assert.Equal("already_member", await (await owner.Client.PostAsJsonAsync(members, new { email = ada.Email, role = "viewer" }))
            .CodeAsync(HttpStatusCode.Conflict));
        Assert.Equal("viewer", await RoleSeenByServicesAsync(project, ada));

        await (await owner.Client.PatchAsJsonAsync($"{members}/{ada.Id}", new { role = "analyst" })).JsonAsync();
        Assert.Equal("analyst", await RoleSeenByServicesAsync(project, ada));
        var listed = await (await owner.Client.GetAsync(members)).JsonAsync();
        Assert.Equal(["owner", "analyst"], listed.GetProperty("members").EnumerateArray().Select(m => m.GetProperty("role").GetString()));

        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.DeleteAsync($"{members}/{ada.Id}")).StatusCode);
        Assert.Equal("project_not_found", await (await ada.Client.GetAsync($"/v1/projects/{project}")).CodeAsync(HttpStatusCode.NotFound));
        Assert.Null(await RoleSeenByServicesAsync(project, ada));
    }

    [Fact]
    public async Task An_admin_manages_members_but_neither_makes_nor_touches_owners()
    {
        var (owner, project) = await NewProjectAsync();
        var admin = await JoinAsync(owner, project, "admin");
        var other = await JoinAsync(owner, project, "viewer");
        var members = $"/v1/projects/{project}/members";

        Assert.Equal(HttpStatusCode.OK, (await admin.Client.PatchAsJsonAsync($"{members}/{other.Id}", new { role = "admin" })).StatusCode);
        foreach (var refused in new[]
        {
            await admin.Client.PatchAsJsonAsync($"{members}/{other.Id}", new { role = "owner" }),
            await admin.Client.PatchAsJsonAsync($"{members}/{admin.Id}", new { role = "owner" }),
            await admin.Client.PatchAsJsonAsync($"{members}/{owner.Id}", new { role = "viewer" }),
            await admin.Client.DeleteAsync($"{members}/{owner.Id}"),
            await admin.Client.PostAsJsonAsync($"/v1/projects/{project}/invitations", new { role = "owner" }),
        })
            Assert.Equal("forbidden", await refused.CodeAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task No_project_is_left_without_an_owner()
    {
        var (owner, project) = await NewProjectAsync();
        var heir = await JoinAsync(owner, project, "analyst");
        var members = $"/v1/projects/{project}/members";

        Assert.Equal("last_owner", await (await owner.Client.DeleteAsync($"{members}/{owner.Id}")).CodeAsync(HttpStatusCode.Conflict));
        Assert.Equal("last_owner", await (await owner.Client.PatchAsJsonAsync($"{members}/{owner.Id}", new { role = "admin" }))
            .CodeAsync(HttpStatusCode.Conflict));

        await (await owner.Client.PatchAsJsonAsync($"{members}/{heir.Id}", new { role = "owner" })).JsonAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.DeleteAsync($"{members}/{owner.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await heir.Client.GetAsync($"/v1/projects/{project}")).StatusCode);
    }

    [Fact]
    public async Task Of_two_owners_who_leave_at_once_one_stays()
    {
        var (owner, project) = await NewProjectAsync();
        var second = await JoinAsync(owner, project, "owner");
        var answers = await Task.WhenAll(
            owner.Client.DeleteAsync($"/v1/projects/{project}/members/{owner.Id}"),
            second.Client.DeleteAsync($"/v1/projects/{project}/members/{second.Id}"));
        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.Conflict], answers.Select(answer => answer.StatusCode).Order());
    }

    [Fact]
    public async Task Anyone_may_leave()
    {
        var (owner, project) = await NewProjectAsync();
        var viewer = await JoinAsync(owner, project, "viewer");
        Assert.Equal(HttpStatusCode.NoContent, (await viewer.Client.DeleteAsync($"/v1/projects/{project}/members/{viewer.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await viewer.Client.GetAsync($"/v1/projects/{project}")).StatusCode);
    }

    [Fact]
    public async Task An_invitation_works_once()
    {
        var (owner, project) = await NewProjectAsync();
        var token = await InviteAsync(owner, project, new { role = "analyst" });
        var guests = await Task.WhenAll(system.NewUserAsync(), system.NewUserAsync());

        var answers = await Task.WhenAll(guests.Select(guest => AcceptAsync(guest, token)));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.NotFound], answers.Select(answer => answer.StatusCode).Order());
        var joined = await answers.Single(answer => answer.IsSuccessStatusCode).JsonAsync();
        Assert.Equal(project, joined.GetProperty("project_id").GetGuid());
        Assert.Equal("analyst", joined.GetProperty("role").GetString());
        await using var db = system.OpenDatabase();
        Assert.DoesNotContain(db.Invitations.AsEnumerable(), i => i.Hash.AsSpan().IndexOf("nbi_"u8) >= 0);
    }

    [Fact]
    public async Task An_invitation_for_one_address_is_for_nobody_else()
    {
        var (owner, project) = await NewProjectAsync();
        var (guest, other) = (await system.NewUserAsync(), await system.NewUserAsync());
        var token = await InviteAsync(owner, project, new { role = "viewer", email = guest.Email });
        Assert.Equal("invitation_for_another", await (await AcceptAsync(other, token)).CodeAsync(HttpStatusCode.Forbidden));
        Assert.Equal(HttpStatusCode.OK, (await AcceptAsync(guest, token)).StatusCode);
    }

    [Fact]
    public async Task An_invitation_ends_when_it_is_withdrawn_or_its_maker_goes()
    {
        var (owner, project) = await NewProjectAsync();
        var admin = await JoinAsync(owner, project, "admin");
        var guest = await system.NewUserAsync();
        var withdrawn = await InviteAsync(owner, project, new { role = "viewer" });
        var orphaned = await InviteAsync(admin, project, new { role = "admin" });
        var open = await (await owner.Client.GetAsync($"/v1/projects/{project}/invitations")).JsonAsync();
        Assert.DoesNotContain("nbi_", open.GetRawText(), StringComparison.Ordinal);
        var id = open.GetProperty("invitations")[0].GetProperty("id").GetGuid();

        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.DeleteAsync($"/v1/projects/{project}/invitations/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Client.DeleteAsync($"/v1/projects/{project}/members/{admin.Id}")).StatusCode);

        foreach (var token in new[] { withdrawn, orphaned, "nbi_unknown" })
            Assert.Equal("invitation_not_found", await (await AcceptAsync(guest, token)).CodeAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task Who_registers_with_an_invitation_is_in_its_project()
    {
        var (owner, project) = await NewProjectAsync();
        var token = await InviteAsync(owner, project, new { role = "analyst" });
        var body = new { email = $"{Guid.NewGuid():N}@example.com", password = SignedInUser.Password, invitation = token };

        var registered = await (await system.Anonymous.PostAsJsonAsync("/v1/auth/register", body)).JsonAsync(HttpStatusCode.Created);

        using var client = system.WithToken(registered.GetProperty("access_token").GetString()!);
        var me = await (await client.GetAsync("/v1/auth/me")).JsonAsync();
        Assert.Equal(project, me.GetProperty("projects")[0].GetProperty("id").GetGuid());
        Assert.Equal("invitation_not_found", await (await system.Anonymous.PostAsJsonAsync(
            "/v1/auth/register", body with { email = $"{Guid.NewGuid():N}@example.com" })).CodeAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task The_audit_log_tells_owners_and_admins_who_did_what_youngest_first()
    {
        var (owner, project) = await NewProjectAsync();
        var viewer = await JoinAsync(owner, project, "viewer");
        await owner.Client.PatchAsJsonAsync($"/v1/projects/{project}/members/{viewer.Id}", new { role = "analyst" });

        Assert.Equal("forbidden", await (await viewer.Client.GetAsync($"/v1/projects/{project}/audit")).CodeAsync(HttpStatusCode.Forbidden));
        var entries = new List<JsonElement>();
        for (var path = $"/v1/projects/{project}/audit?limit=2"; path is not null;)
        {
            var page = await (await owner.Client.GetAsync(path)).JsonAsync();
            entries.AddRange(page.GetProperty("entries").EnumerateArray());
            path = page.GetProperty("next_cursor").GetString() is { } cursor ? $"/v1/projects/{project}/audit?limit=2&cursor={cursor}" : null;
        }

        Assert.Equal(["member.changed", "member.added", "project.created"], entries.Select(e => e.GetProperty("action").GetString()));
        Assert.Equal(owner.Email, entries[0].GetProperty("actor_email").GetString());
        Assert.Equal("analyst", entries[0].GetProperty("details").GetProperty("role").GetString());
        Assert.NotNull(entries[0].GetProperty("address").GetString());
    }

    private async Task<(SignedInUser Owner, Guid Project)> NewProjectAsync()
    {
        var owner = await system.NewUserAsync();
        return (owner, (await owner.NewProjectAsync()).GetProperty("project").GetProperty("id").GetGuid());
    }

    private async Task<SignedInUser> JoinAsync(SignedInUser owner, Guid project, string role)
    {
        var user = await system.NewUserAsync();
        await (await owner.Client.PostAsJsonAsync($"/v1/projects/{project}/members", new { email = user.Email, role }))
            .JsonAsync(HttpStatusCode.Created);
        return user;
    }

    private static async Task<string> InviteAsync(SignedInUser owner, Guid project, object invitation)
    {
        var made = await (await owner.Client.PostAsJsonAsync($"/v1/projects/{project}/invitations", invitation))
            .JsonAsync(HttpStatusCode.Created);
        var token = made.GetProperty("token").GetString()!;
        Assert.EndsWith($"#/invitation/{token}", made.GetProperty("link").GetString(), StringComparison.Ordinal);
        return token;
    }

    private static Task<HttpResponseMessage> AcceptAsync(SignedInUser user, string token) =>
        user.Client.PostAsJsonAsync("/v1/invitations/accept", new { token });

    private async Task<string?> RoleSeenByServicesAsync(Guid project, SignedInUser user)
    {
        var answer = await system.Service.GetAsync($"/internal/projects/{project}/members/{user.Id}");
        return answer.IsSuccessStatusCode ? (await answer.JsonAsync()).GetProperty("role").GetString() : null;
    }
}
