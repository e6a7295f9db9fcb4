using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Nimbus.IdentityService.LoginAttempts;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Identity;

/// <summary>Against an identity service with limits on; the caller's address is what a gateway says it is.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class LoginGuardTests(IdentitySystem system) : IClassFixture<IdentitySystem>
{
    private const int MostTries = 15;
    private static int _nextAddress;

    [Fact]
    public async Task From_the_fifth_failure_on_an_address_waits_even_with_the_right_password_and_the_owner_elsewhere_does_not()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var user = await system.NewUserAsync();
        var (attacker, home) = (NewAddress(), NewAddress());
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await LoginAsync(identity, user.Email, "wrong horse", attacker)).StatusCode);

        var stopped = await UntilStoppedAsync(() => LoginAsync(identity, user.Email, "wrong horse", attacker));
        Assert.InRange(stopped.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 900);
        var slowed = await LoginAsync(identity, user.Email.ToUpperInvariant(), SignedInUser.Password, attacker);

        Assert.Equal("too_many_failures", await slowed.CodeAsync(HttpStatusCode.TooManyRequests));
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(identity, user.Email, SignedInUser.Password, home)).StatusCode);
    }

    [Fact]
    public async Task The_wait_doubles_and_a_success_after_it_forgets_the_failures()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var user = await system.NewUserAsync();
        var address = NewAddress();
        var (failures, wait) = (0, 0.0);
        // After the fifth failure 1 s, after the sixth 2 s; of which some is over on a slow machine when the next attempt comes.
        await Eventually.TrueAsync(
            async () =>
            {
                var answer = await LoginAsync(identity, user.Email, "wrong horse", address);
                if (answer.StatusCode == HttpStatusCode.Unauthorized)
                {
                    failures++;
                    return false;
                }
                wait = answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
                Assert.InRange(wait, 1, Math.Pow(2, failures - 5));
                return wait > 1;
            },
            () => $"after {failures} failures the wait is {wait} s", TimeSpan.FromSeconds(60));
        Assert.InRange(failures, 6, MostTries);

        await Eventually.TrueAsync(
            async () => (await LoginAsync(identity, user.Email, SignedInUser.Password, address)).IsSuccessStatusCode,
            () => "still waiting", TimeSpan.FromSeconds(30));
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
    public async Task A_failed_sign_in_is_logged_without_the_address_of_a_person()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var (email, address) = ($"{Guid.NewGuid():N}@example.com", NewAddress());
        for (var i = 0; i < 6; i++)
            await LoginAsync(identity, email, "wrong horse", address);

        var lines = identity.Log.Lines.Select(line => line.Text).Where(line => line.Contains(LoginGuard.AccountOf(email), StringComparison.Ordinal)).ToList();

        Assert.Equal(6, lines.Count);
        Assert.InRange(lines.Count(line => line.Contains("failed", StringComparison.Ordinal)), 5, 6);
        Assert.All(lines, line => Assert.EndsWith($"from {address}", line, StringComparison.Ordinal));
        Assert.DoesNotContain(identity.Log.Lines, line => line.Text.Contains(email, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Nobody_but_the_gateway_is_believed_about_the_callers_address()
    {
        await using var identity = await IdentityHost.StartAsync(system, []);
        var email = $"{Guid.NewGuid():N}@example.com";
        var tries = 0;
        await UntilStoppedAsync(() => LoginAsync(identity, email, "wrong horse", NewAddress(), proof: tries++ % 2 == 0 ? null : "made.up.proof"));
        Assert.InRange(tries, 6, MostTries);
    }

    /// <summary>The wait doubles with each failure, so that on however slow a machine it outlasts the time between two attempts.</summary>
    private static async Task<HttpResponseMessage> UntilStoppedAsync(Func<Task<HttpResponseMessage>> attempt)
    {
        for (var i = 0; i < MostTries; i++)
        {
            if (await attempt() is { StatusCode: HttpStatusCode.TooManyRequests } stopped)
                return stopped;
        }
        throw new Xunit.Sdk.XunitException($"{MostTries} failures, and nobody was stopped");
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
