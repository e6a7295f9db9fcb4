using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Identity;

/// <summary>Against an identity service with limits on; the caller's address is what a gateway says it is.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class LoginGuardTests(IdentitySystem system) : IClassFixture<IdentitySystem>
{
    private static int _nextAddress;

    [Fact]
    public async Task From_the_fifth_failure_on_an_address_waits_even_with_the_right_password_and_the_owner_elsewhere_does_not()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var user = await system.NewUserAsync();
        var (attacker, home) = (NewAddress(), NewAddress());
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await LoginAsync(identity, user.Email, "wrong horse", attacker)).StatusCode);

        var slowed = await LoginAsync(identity, user.Email.ToUpperInvariant(), SignedInUser.Password, attacker);

        Assert.Equal("too_many_failures", await slowed.CodeAsync(HttpStatusCode.TooManyRequests));
        Assert.InRange(slowed.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 2);
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(identity, user.Email, SignedInUser.Password, home)).StatusCode);
    }

    [Fact]
    public async Task The_wait_doubles_and_a_success_after_it_forgets_the_failures()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var user = await system.NewUserAsync();
        var address = NewAddress();
        var waits = new List<double>();
        while (waits.Count < 2)
        {
            var answer = await LoginAsync(identity, user.Email, "wrong horse", address);
            if (answer.StatusCode != HttpStatusCode.TooManyRequests)
                continue;
            waits.Add(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
            await Eventually.TrueAsync(
                async () => (await LoginAsync(identity, user.Email, "wrong horse", address)).StatusCode == HttpStatusCode.Unauthorized,
                () => "still waiting", TimeSpan.FromSeconds(5));
        }
        Assert.Equal([1, 2], waits);

        await Eventually.TrueAsync(
            async () => (await LoginAsync(identity, user.Email, SignedInUser.Password, address)).IsSuccessStatusCode,
            () => "still waiting", TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.Unauthorized, (await LoginAsync(identity, user.Email, "wrong horse", address)).StatusCode);
    }

    [Fact]
    public async Task Strangers_from_many_addresses_stop_each_other_and_not_the_owner_at_home()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var user = await system.NewUserAsync();
        var home = NewAddress();
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(identity, user.Email, SignedInUser.Password, home)).StatusCode);
        for (var i = 0; i < 20; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await LoginAsync(identity, user.Email, "wrong horse", NewAddress())).StatusCode);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await LoginAsync(identity, user.Email, "wrong horse", NewAddress())).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(identity, user.Email, SignedInUser.Password, home)).StatusCode);
    }

    [Fact]
    public async Task An_address_is_stopped_over_many_accounts_known_or_not()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var address = NewAddress();
        var answers = new List<HttpStatusCode>();
        foreach (var some in Enumerable.Range(0, 56).Chunk(4))
            answers.AddRange((await Task.WhenAll(some.Select(i => LoginAsync(identity, $"nobody-{i}@example.com", "wrong horse", address))))
                .Select(answer => answer.StatusCode));
        Assert.Equal(50, answers.Count(status => status == HttpStatusCode.Unauthorized));
        Assert.Equal(6, answers.Count(status => status == HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task Nobody_but_the_gateway_is_believed_about_the_callers_address()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var email = $"{Guid.NewGuid():N}@example.com";
        HttpResponseMessage last = null!;
        for (var i = 0; i < 6; i++)
            last = await LoginAsync(identity, email, "wrong horse", NewAddress(), proof: i % 2 == 0 ? null : "made.up.proof");
        Assert.Equal(HttpStatusCode.TooManyRequests, last.StatusCode);
    }

    private static string NewAddress() => $"203.0.113.{Interlocked.Increment(ref _nextAddress)}";

    private static Task<HttpResponseMessage> LoginAsync(IdentityHost identity, string email, string password, string address) =>
        LoginAsync(identity, email, password, address, identity.Services.GetRequiredService<CallerAddress>().Prove());

    private static async Task<HttpResponseMessage> LoginAsync(
        IdentityHost identity, string email, string password, string address, string? proof)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/auth/login") { Content = JsonContent.Create(new { email, password }) };
        request.Headers.Add("X-Forwarded-For", address);
        if (proof is not null)
            request.Headers.Add(CallerAddress.Header, proof);
        return await identity.Client.SendAsync(request);
    }
}
