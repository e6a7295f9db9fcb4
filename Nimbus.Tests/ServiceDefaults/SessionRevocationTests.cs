using System.Diagnostics;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

public class SessionRevocationTests
{
    private readonly ManualTime time = new();
    private readonly FakeRedis redis = new();
    private readonly SessionRevocation sessions;

    public SessionRevocationTests()
    {
        sessions = new SessionRevocation(time, NullLogger<SessionRevocation>.Instance);
        sessions.Use(redis.Connection);
    }

    [Fact]
    public async Task A_session_that_ended_on_another_node_is_seen_within_a_second()
    {
        var session = Guid.CreateVersion7();
        Assert.False(await sessions.IsRevokedAsync(session, default));
        redis.Keys.Add($"nimbus:session-revoked:{session:D}");

        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(await sessions.IsRevokedAsync(session, default));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await sessions.IsRevokedAsync(session, default));
    }

    [Fact]
    public async Task Redis_is_asked_once_a_second_for_a_running_session_and_once_for_an_ended_one()
    {
        var (running, ended) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        redis.Keys.Add($"nimbus:session-revoked:{ended:D}");

        for (var i = 0; i < 10; i++)
        {
            Assert.False(await sessions.IsRevokedAsync(running, default));
            Assert.True(await sessions.IsRevokedAsync(ended, default));
        }

        Assert.Equal(2, redis.Asked);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_lets_tokens_through_and_holds_up_one_request_only()
    {
        redis.Frozen = true;
        var clock = Stopwatch.StartNew();

        for (var i = 0; i < 100; i++)
            Assert.False(await sessions.IsRevokedAsync(Guid.CreateVersion7(), default));

        Assert.Equal(1, redis.Asked);
        Assert.InRange(clock.ElapsedMilliseconds, 200, 2_000);

        redis.Frozen = false;
        var ended = Guid.CreateVersion7();
        redis.Keys.Add($"nimbus:session-revoked:{ended:D}");
        Assert.False(await sessions.IsRevokedAsync(ended, default));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await sessions.IsRevokedAsync(ended, default));
    }

    [Fact]
    public async Task Without_Redis_what_was_heard_still_holds_for_as_long_as_a_token_lives()
    {
        var alone = new SessionRevocation(time, NullLogger<SessionRevocation>.Instance);
        var session = Guid.CreateVersion7();
        alone.Remember(session);

        time.Advance(TimeSpan.FromMinutes(64)); // the token's hour, and slack for clocks that differ
        Assert.True(await alone.IsRevokedAsync(session, default));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(await alone.IsRevokedAsync(session, default));
    }

    [Fact]
    public async Task Ending_a_session_writes_its_key_and_tells_the_others()
    {
        var session = Guid.CreateVersion7();

        await sessions.RevokeAsync(redis.Connection, session, default);

        Assert.Equal([$"nimbus:session-revoked:{session:D}"], redis.Keys);
        Assert.Equal([session.ToString("D")], redis.Published);
        Assert.True(await sessions.IsRevokedAsync(session, default));
    }

    [Fact]
    public async Task A_request_of_an_ended_session_is_refused_as_soon_as_the_message_is_heard()
    {
        await using var host = await DefaultsHost.StartAsync(
            app => app.MapGet("/mine", () => "ok").RequireAuthorization(),
            builder => builder.Services.AddSingleton(redis.Connection));
        await redis.Subscribed.Task.WaitAsync(TimeSpan.FromSeconds(5));
        var session = Guid.CreateVersion7();
        host.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.UserToken(session: session));
        using var before = await host.Client.GetAsync("/mine");

        redis.Publish(session.ToString("D"));
        using var after = await host.Client.GetAsync("/mine");

        Assert.Equal(200, (int)before.StatusCode);
        Assert.Equal(401, (int)after.StatusCode);
        Assert.Contains("The session has ended.", await after.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
