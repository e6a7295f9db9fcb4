using System.Net;
using System.Net.Http.Json;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Identity;

[Collection(NimbusSystem.Collection)]
public sealed class SessionTests(IdentitySystem system) : IClassFixture<IdentitySystem>
{
    [Fact]
    public async Task A_registered_user_signs_in_by_email_or_username_in_any_case()
    {
        var user = await system.NewUserAsync();
        foreach (var body in new object[]
        {
            new { email = $" {user.Email.ToUpperInvariant()} ", password = SignedInUser.Password },
            new { username = user.Email, password = SignedInUser.Password },
        })
        {
            var signedIn = await (await system.Anonymous.PostAsJsonAsync("/v1/auth/login", body)).JsonAsync();
            Assert.Equal(user.Id, signedIn.GetProperty("user").GetProperty("id").GetGuid());
            Assert.Equal("Bearer", signedIn.GetProperty("token_type").GetString());
            Assert.Equal(3600, signedIn.GetProperty("expires_in").GetInt32());
        }
    }

    [Fact]
    public async Task An_address_is_taken_once()
    {
        var user = await system.NewUserAsync();
        var again = await system.Anonymous.PostAsJsonAsync(
            "/v1/auth/register", new { email = user.Email.ToUpperInvariant(), password = "another horse" });
        Assert.Equal("email_taken", await again.CodeAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Of_registrations_at_once_one_wins()
    {
        var body = new { email = $"{Guid.NewGuid():N}@example.com", password = SignedInUser.Password };
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => system.Anonymous.PostAsJsonAsync("/v1/auth/register", body)));
        Assert.Equal(
            [HttpStatusCode.Created, HttpStatusCode.Conflict, HttpStatusCode.Conflict, HttpStatusCode.Conflict],
            answers.Select(answer => answer.StatusCode).Order());
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_address_get_the_same_answer()
    {
        var user = await system.NewUserAsync();
        var wrong = await (await system.Anonymous.PostAsJsonAsync(
            "/v1/auth/login", new { email = user.Email, password = "wrong horse" })).JsonAsync(HttpStatusCode.Unauthorized);
        var unknown = await (await system.Anonymous.PostAsJsonAsync(
            "/v1/auth/login", new { email = "nobody@example.com", password = "wrong horse" })).JsonAsync(HttpStatusCode.Unauthorized);
        foreach (var field in new[] { "type", "title", "status", "detail", "code" })
            Assert.Equal(wrong.GetProperty(field).ToString(), unknown.GetProperty(field).ToString());
        Assert.Equal("invalid_credentials", wrong.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_refresh_token_may_come_as_Bearer_or_in_the_body_and_gives_a_new_pair()
    {
        var user = await system.NewUserAsync();
        var second = await (await RefreshAsync(user.RefreshToken)).JsonAsync();
        var third = await (await system.Anonymous.PostAsJsonAsync(
            "/v1/auth/refresh", new { refresh_token = second.GetProperty("refresh_token").GetString() })).JsonAsync();
        using var client = system.WithToken(third.GetProperty("access_token").GetString()!);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/auth/me")).StatusCode);
    }

    [Fact]
    public async Task A_refresh_token_used_twice_ends_its_family_and_its_access_tokens()
    {
        var user = await system.NewUserAsync();
        var second = await (await RefreshAsync(user.RefreshToken)).JsonAsync();

        Assert.Equal("token_reused", await (await RefreshAsync(user.RefreshToken)).CodeAsync(HttpStatusCode.Unauthorized));
        Assert.Equal("invalid_refresh_token",
            await (await RefreshAsync(second.GetProperty("refresh_token").GetString()!)).CodeAsync(HttpStatusCode.Unauthorized));
        Assert.Equal(HttpStatusCode.Unauthorized, (await user.Client.GetAsync("/v1/auth/me")).StatusCode);
    }

    [Fact]
    public async Task Of_two_uses_at_once_one_wins_and_the_other_counts_as_reuse()
    {
        var user = await system.NewUserAsync();
        var answers = await Task.WhenAll(RefreshAsync(user.RefreshToken), RefreshAsync(user.RefreshToken));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Unauthorized], answers.Select(answer => answer.StatusCode).Order());
        var winner = await answers.Single(answer => answer.IsSuccessStatusCode).JsonAsync();
        Assert.Equal("invalid_refresh_token",
            await (await RefreshAsync(winner.GetProperty("refresh_token").GetString()!)).CodeAsync(HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Another_session_of_the_same_user_goes_on_after_a_reuse()
    {
        var user = await system.NewUserAsync();
        var other = await (await system.Anonymous.PostAsJsonAsync(
            "/v1/auth/login", new { email = user.Email, password = SignedInUser.Password })).JsonAsync();
        await RefreshAsync(user.RefreshToken);
        await RefreshAsync(user.RefreshToken);
        Assert.Equal(HttpStatusCode.OK, (await RefreshAsync(other.GetProperty("refresh_token").GetString()!)).StatusCode);
    }

    [Fact]
    public async Task Logout_ends_refresh_and_access_tokens()
    {
        var user = await system.NewUserAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await user.Client.PostAsync("/v1/auth/logout", content: null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await user.Client.GetAsync("/v1/auth/me")).StatusCode);
        Assert.Equal("invalid_refresh_token", await (await RefreshAsync(user.RefreshToken)).CodeAsync(HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Sessions_are_listed_and_ended_one_by_one_by_their_owner_alone()
    {
        var (user, stranger) = (await system.NewUserAsync(), await system.NewUserAsync());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/auth/login")
        {
            Content = JsonContent.Create(new { email = user.Email, password = SignedInUser.Password }),
            Headers = { { "User-Agent", "Pocket/1.0" } },
        };
        using var other = system.WithToken((await (await system.Anonymous.SendAsync(request)).JsonAsync()).GetProperty("access_token").GetString()!);

        var sessions = (await (await user.Client.GetAsync("/v1/auth/sessions")).JsonAsync()).GetProperty("sessions").EnumerateArray().ToList();
        Assert.Equal([(true, null), (false, "Pocket/1.0")],
            sessions.Select(s => (s.GetProperty("current").GetBoolean(), s.GetProperty("user_agent").GetString())));
        Assert.All(sessions, s => Assert.True(IPAddress.TryParse(s.GetProperty("address").GetString(), out _)));

        var path = $"/v1/auth/sessions/{sessions[1].GetProperty("id").GetGuid()}";
        Assert.Equal("session_not_found", await (await stranger.Client.DeleteAsync(path)).CodeAsync(HttpStatusCode.NotFound));
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/v1/auth/me")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await user.Client.DeleteAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync("/v1/auth/me")).StatusCode);
        Assert.Equal("session_not_found", await (await user.Client.DeleteAsync(path)).CodeAsync(HttpStatusCode.NotFound));
        Assert.Equal(HttpStatusCode.OK, (await user.Client.GetAsync("/v1/auth/me")).StatusCode);
    }

    [Fact]
    public async Task Tokens_and_passwords_are_not_in_the_database()
    {
        var user = await system.NewUserAsync();
        await using var db = system.OpenDatabase();
        Assert.DoesNotContain(SignedInUser.Password, db.Users.Single(u => u.Id == user.Id).PasswordHash, StringComparison.Ordinal);
        var hash = IdentityService.Tokens.RefreshToken.HashOf(user.RefreshToken);
        Assert.Equal(1, db.RefreshTokens.Count(t => t.Hash == hash));
    }

    private async Task<HttpResponseMessage> RefreshAsync(string token)
    {
        using var client = system.WithToken(token);
        return await client.PostAsync("/v1/auth/refresh", content: null);
    }
}
