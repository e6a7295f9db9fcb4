using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.ApiKeys;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Identity;

/// <summary>On a database of its own: what is sealed anew here must not be read by the running system.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class SecretResealingTests(IdentitySystem system) : IClassFixture<IdentitySystem>
{
    private const string First = "the first master key, long enough for anyone";
    private const string Second = "the second master key, long enough for anyone";

    [Fact]
    public async Task A_new_master_key_opens_old_secrets_and_takes_them_over()
    {
        var connection = await NewDatabaseAsync();
        string token, secret, keyId;
        await using (var before = await StartAsync(connection, new() { ["Nimbus:MasterKey"] = First }))
        {
            // The first account of an installation, so its administrator.
            var account = await (await before.Client.PostAsJsonAsync(
                "/v1/auth/register", new { email = "ada@example.com", password = SignedInUser.Password })).JsonAsync(HttpStatusCode.Created);
            token = account.GetProperty("access_token").GetString()!;
            var project = await (await SendAsync(before, token, "/v1/projects", new { name = "Shop" })).JsonAsync(HttpStatusCode.Created);
            secret = project.GetProperty("api_key_secret").GetString()!;
            keyId = project.GetProperty("project").GetProperty("api_key_id").GetString()!;
        }

        await using (var without = await StartAsync(connection, new() { ["Nimbus:MasterKey"] = Second, ["Nimbus:MasterKeyId"] = "v2" }))
            Assert.Equal("master_key_missing", await (await SendAsync(without, token, "/v1/admin/keys/re-encrypt")).CodeAsync(HttpStatusCode.Conflict));

        await using var after = await StartAsync(connection, new()
        {
            ["Nimbus:MasterKey"] = Second,
            ["Nimbus:MasterKeyId"] = "v2",
            ["Nimbus:OtherMasterKeys:v1"] = First,
        });
        Assert.Equal(secret, await SecretAsync(after, keyId));
        var personal = await (await SendAsync(after, token, "/v1/auth/tokens", new { name = "x", scopes = new[] { "admin" } })).JsonAsync(HttpStatusCode.Created);
        await using (var command = NimbusCommand.Start(
            "keys", "re-encrypt", "--url", after.Address.ToString(), "--token", personal.GetProperty("token").GetString()!))
        {
            var (exitCode, output) = await command.EndAsync(TimeSpan.FromSeconds(60));
            Assert.True(exitCode == 0, output);
            Assert.Contains("1 secrets sealed anew; all are under master key v2.", output, StringComparison.Ordinal);
        }
        var answer = await (await SendAsync(after, token, "/v1/admin/keys/re-encrypt")).JsonAsync();
        Assert.Equal((0, 0), (answer.GetProperty("resealed").GetInt32(), answer.GetProperty("remaining").GetInt32()));
        Assert.Equal(secret, await SecretAsync(after, keyId));

        await using var db = new IdentityDb(new DbContextOptionsBuilder<IdentityDb>().UseNpgsql(connection).Options);
        var key = await db.ApiKeys.SingleAsync(k => k.Id == keyId);
        Assert.Equal("v2", key.MasterKeyId);
        Assert.Equal(secret, new SecretBox(new MasterKey(Second, "v2")).Open("v2", keyId, key.SealedSecret));

        var other = await (await after.Client.PostAsJsonAsync(
            "/v1/auth/register", new { email = "bob@example.com", password = SignedInUser.Password })).JsonAsync(HttpStatusCode.Created);
        var refused = await SendAsync(after, other.GetProperty("access_token").GetString()!, "/v1/admin/keys/re-encrypt");
        Assert.Equal("forbidden", await refused.CodeAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task With_registration_closed_only_an_invitation_makes_an_account()
    {
        var owner = await system.NewUserAsync();
        var project = (await owner.NewProjectAsync()).GetProperty("project").GetProperty("id").GetGuid();
        var invitation = (await (await owner.Client.PostAsJsonAsync($"/v1/projects/{project}/invitations", new { role = "viewer" }))
            .JsonAsync(HttpStatusCode.Created)).GetProperty("token").GetString();
        await using var closed = await IdentityHost.StartAsync(system, new() { ["Nimbus:Registration:Open"] = "false" });
        var account = new { email = $"{Guid.NewGuid():N}@example.com", password = SignedInUser.Password, invitation = (string?)null };

        Assert.Equal("registration_closed",
            await (await closed.Client.PostAsJsonAsync("/v1/auth/register", account)).CodeAsync(HttpStatusCode.Forbidden));
        Assert.Equal(HttpStatusCode.Created,
            (await closed.Client.PostAsJsonAsync("/v1/auth/register", account with { invitation = invitation })).StatusCode);
    }

    [Fact]
    public async Task With_registration_closed_the_installations_first_account_is_made_all_the_same()
    {
        await using var closed = await StartAsync(await NewDatabaseAsync(), new() { ["Nimbus:Registration:Open"] = "false" });
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => closed.Client.PostAsJsonAsync(
            "/v1/auth/register", new { email = $"ada{i}@example.com", password = SignedInUser.Password })));
        Assert.Equal([HttpStatusCode.Created, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden],
            answers.Select(answer => answer.StatusCode).Order());
        Assert.Equal("registration_closed",
            await answers.First(answer => answer.StatusCode == HttpStatusCode.Forbidden).CodeAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task No_secret_is_in_the_log()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var email = $"{Guid.NewGuid():N}@example.com";
        var account = await (await identity.Client.PostAsJsonAsync("/v1/auth/register", new { email, password = SignedInUser.Password }))
            .JsonAsync(HttpStatusCode.Created);
        var token = account.GetProperty("access_token").GetString()!;
        var project = await (await SendAsync(identity, token, "/v1/projects", new { name = "Shop" })).JsonAsync(HttpStatusCode.Created);
        var id = project.GetProperty("project").GetProperty("id").GetGuid();
        var personal = await (await SendAsync(identity, token, "/v1/auth/tokens", new { name = "x", scopes = new[] { "admin" } })).JsonAsync(HttpStatusCode.Created);
        var invitation = await (await SendAsync(identity, token, $"/v1/projects/{id}/invitations", new { role = "viewer" })).JsonAsync(HttpStatusCode.Created);
        var rotated = await (await SendAsync(identity, token, $"/v1/projects/{id}/rotate-keys", new { })).JsonAsync();
        var refresh = account.GetProperty("refresh_token").GetString()!;
        for (var use = 0; use < 2; use++)
            await identity.Client.PostAsJsonAsync("/v1/auth/refresh", new { refresh_token = refresh });
        var answers = new List<string>();
        foreach (var wrong in new object[] { new { email, password = "not the password" }, new { email, password = new[] { SignedInUser.Password } } })
            answers.Add(await (await identity.Client.PostAsJsonAsync("/v1/auth/login", wrong)).Content.ReadAsStringAsync());

        string[] secrets =
        [
            SignedInUser.Password, "not the password", token, refresh, NimbusSystem.JwtSecret, personal.GetProperty("token").GetString()!,
            invitation.GetProperty("token").GetString()!, project.GetProperty("api_key_secret").GetString()!,
            rotated.GetProperty("api_key_secret").GetString()!,
        ];
        Assert.NotEmpty(identity.Log.Lines);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(identity.Log.Lines, line => $"{line.Text} {line.Exception}".Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(answers, answer => answer.Contains(secret, StringComparison.Ordinal));
        }
    }

    private async Task<string> NewDatabaseAsync()
    {
        var name = $"identity_{Guid.NewGuid():N}";
        await using var server = new NpgsqlConnection(system.ConnectionString);
        await server.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", server);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(system.ConnectionString) { Database = name }.ConnectionString;
    }

    private Task<IdentityHost> StartAsync(string connection, Dictionary<string, string> settings) =>
        IdentityHost.StartAsync(system, new(settings) { ["ConnectionStrings:identitydb"] = connection });

    private async Task<string?> SecretAsync(IdentityHost identity, string keyId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/keys/resolve")
        {
            Content = JsonContent.Create(new { kind = "key_id", value = keyId }),
        };
        request.Headers.Authorization = system.Service.DefaultRequestHeaders.Authorization;
        return (await (await identity.Client.SendAsync(request)).JsonAsync()).GetProperty("secret").GetString();
    }

    private static async Task<HttpResponseMessage> SendAsync(IdentityHost identity, string token, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await identity.Client.SendAsync(request);
    }
}
