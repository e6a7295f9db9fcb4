using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Identity;

[Collection(NimbusSystem.Collection)]
public sealed partial class PasswordDeskTests(IdentitySystem system, NimbusSystem nimbus) : IClassFixture<IdentitySystem>
{
    private const string NewPassword = "another horse";

    [Fact]
    public async Task A_changed_password_ends_the_other_sessions_and_not_this_one()
    {
        var user = await system.NewUserAsync();
        var other = await LoginAsync(user.Email, SignedInUser.Password);
        using var elsewhere = system.WithToken((await other.JsonAsync()).GetProperty("access_token").GetString()!);

        Assert.Equal("wrong_password", await (await ChangeAsync(user, "wrong horse")).CodeAsync(HttpStatusCode.Forbidden));
        Assert.Equal(HttpStatusCode.OK, (await elsewhere.GetAsync("/v1/auth/me")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await ChangeAsync(user, SignedInUser.Password)).StatusCode);

        Assert.Equal(HttpStatusCode.Unauthorized, (await elsewhere.GetAsync("/v1/auth/me")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await user.Client.GetAsync("/v1/auth/me")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await LoginAsync(user.Email, SignedInUser.Password)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(user.Email, NewPassword)).StatusCode);
    }

    [Fact]
    public async Task An_administrators_link_sets_a_password_once_and_ends_sessions_and_tokens()
    {
        var user = await system.NewUserAsync();
        var personal = (await (await user.Client.PostAsJsonAsync("/v1/auth/tokens", new { name = "ci", scopes = new[] { "read" } }))
            .JsonAsync(HttpStatusCode.Created)).GetProperty("token").GetString()!;
        var administrator = await NewAdministratorAsync();
        var refused = await user.Client.PostAsJsonAsync("/v1/admin/password-resets", new { email = user.Email });
        Assert.Equal("forbidden", await refused.CodeAsync(HttpStatusCode.Forbidden));
        var link = await (await administrator.Client.PostAsJsonAsync("/v1/admin/password-resets", new { email = user.Email }))
            .JsonAsync(HttpStatusCode.Created);
        var token = link.GetProperty("token").GetString()!;

        Assert.Equal(HttpStatusCode.NoContent, (await ConfirmAsync(token)).StatusCode);

        Assert.Equal("invalid_reset_token", await (await ConfirmAsync(token)).CodeAsync(HttpStatusCode.BadRequest));
        Assert.Equal(HttpStatusCode.Unauthorized, (await user.Client.GetAsync("/v1/auth/me")).StatusCode);
        using var ci = system.WithToken(personal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await ci.GetAsync("/v1/auth/me")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(user.Email, NewPassword)).StatusCode);
    }

    [Fact]
    public async Task The_command_line_prints_the_link()
    {
        var user = await system.NewUserAsync();
        var administrator = await NewAdministratorAsync();
        var token = (await (await administrator.Client.PostAsJsonAsync("/v1/auth/tokens", new { name = "cli", scopes = new[] { "admin" } }))
            .JsonAsync(HttpStatusCode.Created)).GetProperty("token").GetString()!;

        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await global::Nimbus.Cli.NimbusCommand.RunAsync(
            ["users", "reset-password", user.Email, "--url", nimbus.Gateway.BaseAddress!.ToString(), "--token", token], output, error);

        Assert.True(code == 0, error.ToString());
        Assert.Equal(HttpStatusCode.NoContent, (await ConfirmAsync(ResetToken().Match(output.ToString()).Value)).StatusCode);
    }

    [Fact]
    public async Task A_forgotten_password_is_reset_by_a_mailed_link_and_a_stranger_hears_nothing()
    {
        await using var mail = new MailServer();
        await using var identity = await IdentityHost.StartAsync(system, new()
        {
            ["Nimbus:Mail:Host"] = "127.0.0.1",
            ["Nimbus:Mail:Port"] = $"{mail.Port}",
            ["Nimbus:Mail:Tls"] = "false",
            ["Nimbus:PublicUrl"] = "https://analytics.example",
        });
        var user = await system.NewUserAsync();

        foreach (var email in new[] { "nobody@example.com", user.Email })
            Assert.Equal(HttpStatusCode.Accepted, (await identity.Client.PostAsJsonAsync("/v1/auth/password-reset", new { email })).StatusCode);

        // In order: had the first address been mailed to, that would be the first mail.
        var text = await mail.NextAsync();
        Assert.Contains(user.Email, text, StringComparison.Ordinal);
        Assert.Contains("https://analytics.example/#/password-reset/nbx_", text, StringComparison.Ordinal);
        var token = ResetToken().Match(text).Value;
        Assert.Equal(HttpStatusCode.NoContent, (await ConfirmAsync(token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(user.Email, NewPassword)).StatusCode);
        Assert.DoesNotContain(identity.Log.Lines, line => line.Text.Contains("nbx_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_mail_server_a_reset_says_so()
    {
        var answer = await system.Anonymous.PostAsJsonAsync("/v1/auth/password-reset", new { email = "ada@example.com" });
        Assert.Equal("mail_not_configured", await answer.CodeAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task A_deleted_account_is_gone_with_its_sessions_and_memberships()
    {
        var owner = await system.NewUserAsync();
        var project = (await owner.NewProjectAsync()).GetProperty("project").GetProperty("id").GetGuid();
        var member = await system.NewUserAsync();
        await owner.Client.PostAsJsonAsync($"/v1/projects/{project}/members", new { email = member.Email, role = "owner" });

        Assert.Equal("wrong_password", await (await DeleteAsync(member, "wrong horse")).CodeAsync(HttpStatusCode.Forbidden));
        Assert.Equal(HttpStatusCode.NoContent, (await DeleteAsync(member, SignedInUser.Password)).StatusCode);

        Assert.Equal(HttpStatusCode.Unauthorized, (await member.Client.GetAsync("/v1/auth/me")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await LoginAsync(member.Email, SignedInUser.Password)).StatusCode);
        var members = await (await owner.Client.GetAsync($"/v1/projects/{project}/members")).JsonAsync();
        Assert.Equal(owner.Id, Assert.Single(members.GetProperty("members").EnumerateArray()).GetProperty("user_id").GetGuid());
        Assert.Equal("last_owner", await (await DeleteAsync(owner, SignedInUser.Password)).CodeAsync(HttpStatusCode.Conflict));
    }

    private async Task<SignedInUser> NewAdministratorAsync()
    {
        var user = await system.NewUserAsync();
        await using var db = system.OpenDatabase();
        await db.Users.Where(u => u.Id == user.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.IsAdministrator, true));
        return user;
    }

    private static Task<HttpResponseMessage> ChangeAsync(SignedInUser user, string current) =>
        user.Client.PostAsJsonAsync("/v1/auth/password", new { current_password = current, new_password = NewPassword });

    private static async Task<HttpResponseMessage> DeleteAsync(SignedInUser user, string password)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/v1/auth/me") { Content = JsonContent.Create(new { password }) };
        return await user.Client.SendAsync(request);
    }

    private Task<HttpResponseMessage> ConfirmAsync(string token) =>
        system.Anonymous.PostAsJsonAsync("/v1/auth/password-reset/confirm", new { token, password = NewPassword });

    private Task<HttpResponseMessage> LoginAsync(string email, string password) =>
        system.Anonymous.PostAsJsonAsync("/v1/auth/login", new { email, password });

    [GeneratedRegex("nbx_[0-9A-Za-z]{43}")]
    private static partial Regex ResetToken();
}
