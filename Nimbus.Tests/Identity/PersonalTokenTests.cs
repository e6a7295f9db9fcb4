using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Identity;

[Collection(NimbusSystem.Collection)]
public sealed class PersonalTokenTests(IdentitySystem system, NimbusSystem nimbus) : IClassFixture<IdentitySystem>
{
    [Fact]
    public async Task A_personal_token_speaks_for_its_owner_on_every_service_until_it_is_taken_back()
    {
        var user = await system.NewUserAsync();
        var project = (await user.NewProjectAsync()).GetProperty("project").GetProperty("id").GetGuid();
        var (id, token) = await NewTokenAsync(user, "read");
        Assert.Matches("^nbp_[0-9A-Za-z]{43}$", token);
        var question = $"/v1/metrics?project_id={project}&bucket=1d";

        Assert.Equal(HttpStatusCode.OK, (await CallAsync(token, "GET", $"/v1/projects/{project}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await CallAsync(token, "GET", question)).StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, (await user.Client.DeleteAsync($"/v1/auth/tokens/{id}")).StatusCode);
        foreach (var path in new[] { $"/v1/projects/{project}", question })
            await Eventually.TrueAsync(
                async () => (await CallAsync(token, "GET", path)).StatusCode == HttpStatusCode.Unauthorized,
                () => "the token still works", TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("read", 200, 403, 403)]
    [InlineData("write", 200, 200, 403)]
    [InlineData("admin", 200, 200, 200)]
    public async Task A_scope_holds_the_ones_before_it_and_no_more(string scope, int reading, int changing, int managing)
    {
        var user = await system.NewUserAsync();
        var project = (await user.NewProjectAsync()).GetProperty("project").GetProperty("id").GetGuid();
        var (_, token) = await NewTokenAsync(user, scope);
        Assert.Equal(reading, (int)(await CallAsync(token, "GET", "/v1/auth/me")).StatusCode);
        Assert.Equal(changing, (int)(await CallAsync(token, "PATCH", $"/v1/projects/{project}", new { name = "New" })).StatusCode);
        Assert.Equal(managing, (int)(await CallAsync(token, "GET", $"/v1/projects/{project}/keys")).StatusCode);
    }

    [Fact]
    public async Task No_personal_token_changes_how_the_account_is_signed_in_to()
    {
        var user = await system.NewUserAsync();
        var (id, token) = await NewTokenAsync(user, "admin");
        foreach (var (method, path) in new[]
        {
            ("GET", "/v1/auth/tokens"), ("POST", "/v1/auth/tokens"), ("DELETE", $"/v1/auth/tokens/{id}"),
            ("POST", "/v1/auth/password"), ("POST", "/v1/auth/logout"), ("DELETE", "/v1/auth/me"),
        })
            Assert.Equal("forbidden", await (await CallAsync(token, method, path, new { name = "x" })).CodeAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task A_token_is_listed_without_its_secret_and_stored_as_a_hash()
    {
        var user = await system.NewUserAsync();
        var (id, token) = await NewTokenAsync(user, "write");
        var listed = await (await user.Client.GetAsync("/v1/auth/tokens")).JsonAsync();
        Assert.Equal(id, listed.GetProperty("tokens")[0].GetProperty("id").GetGuid());
        Assert.DoesNotContain(token, listed.GetRawText(), StringComparison.Ordinal);
        await using var db = system.OpenDatabase();
        Assert.Equal(IdentityService.Tokens.RefreshToken.HashOf(token), db.PersonalTokens.Single(t => t.Id == id).Hash);
    }

    [Fact]
    public async Task A_token_of_somebody_else_is_not_found()
    {
        var (id, _) = await NewTokenAsync(await system.NewUserAsync(), "read");
        var other = await system.NewUserAsync();
        Assert.Equal("token_not_found", await (await other.Client.DeleteAsync($"/v1/auth/tokens/{id}")).CodeAsync(HttpStatusCode.NotFound));
    }

    [Theory]
    [InlineData("""{"name":"x"}""")]
    [InlineData("""{"name":"x","scopes":[]}""")]
    [InlineData("""{"name":"x","scopes":["read","root"]}""")]
    [InlineData("""{"name":"x","scopes":["read"],"expires_in_days":0}""")]
    [InlineData("""{"name":"x","scopes":["read"],"expires_in_days":367}""")]
    [InlineData("""{"scopes":["read"]}""")]
    public async Task A_token_that_cannot_be_is_refused(string body)
    {
        var user = await system.NewUserAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal("validation_failed", await (await user.Client.PostAsync("/v1/auth/tokens", content)).CodeAsync(HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData("nbp_")]
    [InlineData("nbp_0000000000000000000000000000000000000000000")]
    [InlineData("nbp_../../internal/keys/resolve0000000000000000")]
    public async Task A_made_up_token_is_refused(string token) =>
        Assert.Equal(HttpStatusCode.Unauthorized, (await CallAsync(token, "GET", "/v1/auth/me")).StatusCode);

    private static async Task<(Guid Id, string Token)> NewTokenAsync(SignedInUser user, string scope)
    {
        var made = await (await user.Client.PostAsJsonAsync("/v1/auth/tokens", new { name = "ci", scopes = new[] { scope } }))
            .JsonAsync(HttpStatusCode.Created);
        return (made.GetProperty("personal_token").GetProperty("id").GetGuid(), made.GetProperty("token").GetString()!);
    }

    private async Task<HttpResponseMessage> CallAsync(string token, string method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null && method is "POST" or "PATCH")
            request.Content = JsonContent.Create(body);
        return await nimbus.Gateway.SendAsync(request);
    }
}
