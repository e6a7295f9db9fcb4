using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.Hosting;
using StackExchange.Redis;

namespace Nimbus.Tests.Identity;

/// <summary>The one running system, seen at the identity service: what no gateway routes is tested here too.</summary>
public sealed class IdentitySystem(NimbusSystem nimbus) : IAsyncLifetime
{
    /// <summary>Without any token.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    /// <summary>With a token that only services have.</summary>
    public HttpClient Service { get; private set; } = null!;

    public IConnectionMultiplexer Redis { get; private set; } = null!;

    public string ConnectionString { get; private set; } = null!;

    public string RedisConnection { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        ConnectionString = await nimbus.ConnectionStringAsync("identitydb");
        RedisConnection = await nimbus.ConnectionStringAsync("redis");
        Redis = await ConnectionMultiplexer.ConnectAsync(RedisConnection);
        Anonymous = nimbus.Service("identity");
        Service = WithToken(NewServiceToken());
    }

    public Task DisposeAsync()
    {
        Redis?.Dispose();
        return Task.CompletedTask;
    }

    public IdentityDb OpenDatabase() =>
        new(new DbContextOptionsBuilder<IdentityDb>().UseNpgsql(ConnectionString).Options);

    /// <summary>A new user, signed in.</summary>
    public async Task<SignedInUser> NewUserAsync()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var answer = await (await Anonymous.PostAsJsonAsync("/v1/auth/register", new { email, password = SignedInUser.Password }))
            .JsonAsync(HttpStatusCode.Created);
        return new SignedInUser(this, answer.GetProperty("user").GetProperty("id").GetGuid(), email, answer);
    }

    public HttpClient WithToken(string token)
    {
        var client = nimbus.Service("identity");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static string NewServiceToken() =>
        new TokenIssuer(new HmacKey(Encoding.UTF8.GetBytes(NimbusSystem.JwtSecret)), TimeProvider.System)
            .Issue(new AccessToken(Guid.Empty, Guid.Empty, Audiences.Service, TimeSpan.FromHours(1)));
}

/// <summary>A user and their first pair of tokens.</summary>
public sealed class SignedInUser(IdentitySystem system, Guid id, string email, JsonElement tokens)
{
    public const string Password = "correct horse";

    public Guid Id => id;

    public string Email => email;

    public string RefreshToken => tokens.GetProperty("refresh_token").GetString()!;

    public HttpClient Client { get; } = system.WithToken(tokens.GetProperty("access_token").GetString()!);

    /// <summary>The answer of POST /v1/projects.</summary>
    public async Task<JsonElement> NewProjectAsync(string name = "Shop") =>
        await (await Client.PostAsJsonAsync("/v1/projects", new { name })).JsonAsync(HttpStatusCode.Created);
}

internal static class Answers
{
    /// <summary>The body, after checking the status.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{(int)response.StatusCode}, not {(int)expected}: {text}");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>The code of an error document, after checking the status.</summary>
    public static async Task<string?> CodeAsync(this HttpResponseMessage response, HttpStatusCode expected) =>
        (await response.JsonAsync(expected)).GetProperty("code").GetString();
}
