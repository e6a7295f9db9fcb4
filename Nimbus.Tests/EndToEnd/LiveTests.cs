using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;
using StackExchange.Redis;

namespace Nimbus.Tests.EndToEnd;

/// <summary>What viewers of a project see, through the gateway.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class LiveTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task Viewers_see_what_is_stored_how_much_of_what_and_who_is_active()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await using var byQuery = await WatchAsync(project.Id, project.Owner.Session.AccessToken, inQuery: true);
        await using var byProtocol = await WatchAsync(project.Id, project.Owner.Session.AccessToken, inQuery: false);
        Assert.Equal("nimbus", byProtocol.SubProtocol);
        await byQuery.UntilAsync(messages => messages.Any(IsMetrics));

        await project.SendAsync([.. Enumerable.Range(0, 100).Select(i => new NimbusEvent(i < 60 ? "view" : "buy")
        {
            UserId = $"user-{i % 7}",
            PropertiesJson = $$"""{"i":{{i}}}""",
        })]);

        foreach (var viewer in new[] { byQuery, byProtocol })
        {
            await viewer.UntilAsync(messages => Stored(messages, "view") == 60 && Stored(messages, "buy") == 40
                && messages.Any(message => IsMetrics(message) && message.GetProperty("active_people").GetInt32() == 7));
            var events = viewer.Messages.Where(message => Type(message) == "event").Select(message => message.GetProperty("event")).ToList();
            // A hundred in one second are too many to be shown: a sample, in their order.
            Assert.InRange(events.Count, 1, 21);
            var order = events.Select(e => e.GetProperty("props").GetProperty("i").GetInt32()).ToList();
            Assert.Equal(order.Order(), order);
            Assert.All(events, e => Assert.StartsWith("user-", e.GetProperty("user_id").GetString(), StringComparison.Ordinal));
            Assert.Equal(Math.Min(7, events.Count), events.Select(e => e.GetProperty("person_id").GetGuid()).Distinct().Count());
        }
    }

    [Fact]
    public async Task Who_begins_to_watch_later_sees_who_was_active_before_and_not_what_came_before()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(
            new NimbusEvent("view") { UserId = "ada" }, new NimbusEvent("view") { UserId = "bob" },
            new NimbusEvent("view") { UserId = "cyd", Timestamp = DateTimeOffset.UtcNow.AddMinutes(-6) },
            new NimbusEvent("view") { UserId = "anonymous" });
        await project.WaitForCountAsync(4);

        await using var viewer = await WatchAsync(project.Id, project.Owner.Session.AccessToken, inQuery: true);
        await viewer.UntilAsync(messages => messages.Any(IsMetrics));
        var first = viewer.Messages.First(IsMetrics);
        Assert.Equal((2, 0.0), (first.GetProperty("active_people").GetInt32(), first.GetProperty("events_per_second").GetDouble()));
        Assert.DoesNotContain(viewer.Messages, message => Type(message) == "event");
    }

    [Fact]
    public async Task Nobody_and_strangers_are_not_let_in()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var stranger = await TestAccount.RegisterAsync(nimbus);

        Assert.Equal(HttpStatusCode.NotFound, await RefusalAsync(project.Id, stranger.Session.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await RefusalAsync(project.Id, ""));
        Assert.Equal(HttpStatusCode.Unauthorized, await RefusalAsync(project.Id, project.Project.WriteKey));
        using var plain = await project.Owner.SendAsync(HttpMethod.Get, $"/ws/projects/{project.Id}");
        Assert.Equal(HttpStatusCode.UpgradeRequired, plain.StatusCode);
    }

    [Fact]
    public async Task The_connection_ends_with_the_session_and_with_the_membership()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var (leaving, logged) = (await TestAccount.RegisterAsync(nimbus), await TestAccount.RegisterAsync(nimbus));
        foreach (var account in new[] { leaving, logged })
        {
            using var joined = await project.Owner.SendAsync(HttpMethod.Post, $"/v1/projects/{project.Id}/members", JsonContent.Create(new { email = account.Email, role = "viewer" }));
            Assert.Equal(HttpStatusCode.Created, joined.StatusCode);
        }
        await using var member = await WatchAsync(project.Id, leaving.Session.AccessToken, inQuery: false);
        await using var session = await WatchAsync(project.Id, logged.Session.AccessToken, inQuery: true);
        await using var owner = await WatchAsync(project.Id, project.Owner.Session.AccessToken, inQuery: true);
        await member.UntilAsync(messages => messages.Any(IsMetrics));

        using (var left = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/projects/{project.Id}/members/{leaving.Session.User.Id}"))
            Assert.True(left.IsSuccessStatusCode);
        using (var loggedOut = await logged.SendAsync(HttpMethod.Post, "/v1/auth/logout"))
            Assert.Equal(HttpStatusCode.NoContent, loggedOut.StatusCode);

        Assert.Equal("project_not_found", await member.ClosedAsync());
        Assert.Equal("session_ended", await session.ClosedAsync());
        Assert.True(owner.IsOpen);
    }

    [Fact]
    public async Task Five_hundred_viewers_share_one_subscription_and_all_see_the_event_and_the_ping()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var viewers = new List<Viewer>();
        try
        {
            for (var i = 0; i < 10; i++)
                viewers.AddRange(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => WatchAsync(project.Id, project.Owner.Session.AccessToken, inQuery: true))));
            await viewers[^1].UntilAsync(messages => messages.Any(IsMetrics));
            Assert.Equal(1, await SubscriptionsAsync("nimbus:live:stored"));

            await project.SendAsync(new NimbusEvent("view") { UserId = "ada" });

            foreach (var viewer in viewers)
                await viewer.UntilAsync(messages => messages.Count(message => Type(message) == "event") == 1 && messages.Any(message => Type(message) == "ping"));
        }
        finally
        {
            foreach (var viewer in viewers) await viewer.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_token_of_a_viewer_is_in_no_trace_and_no_log()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var recording = nimbus.Telemetry.Record();
        var token = project.Owner.Session.AccessToken;
        await using (var viewer = await WatchAsync(project.Id, token, inQuery: true))
            await viewer.UntilAsync(messages => messages.Any(IsMetrics));
        await using (var viewer = await WatchAsync(project.Id, token, inQuery: false))
            await viewer.UntilAsync(messages => messages.Any(IsMetrics));
        await RefusalAsync(Guid.CreateVersion7(), token);

        // The spans of a connection come when it has ended.
        await Eventually.TrueAsync(
            () => Task.FromResult(recording.Contains($"/ws/projects/{project.Id}")), () => "no span of the connections was exported", TimeSpan.FromSeconds(60));
        Assert.False(recording.Contains(token.Split('.')[2]));
        Assert.False(recording.Contains(token));
    }

    private async Task<int> SubscriptionsAsync(string channel)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(await nimbus.ConnectionStringAsync("redis"));
        var answer = (RedisResult[])(await redis.GetDatabase().ExecuteAsync("PUBSUB", "NUMSUB", channel))!;
        return (int)answer[1];
    }

    private async Task<Viewer> WatchAsync(Guid project, string token, bool inQuery) =>
        await Viewer.ConnectAsync(new Uri(nimbus.Gateway.BaseAddress!, $"/ws/projects/{project}"), token, inQuery);

    private async Task<HttpStatusCode> RefusalAsync(Guid project, string token)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        var address = new UriBuilder(new Uri(nimbus.Gateway.BaseAddress!, $"/ws/projects/{project}?access_token={token}")) { Scheme = "ws" }.Uri;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(address, default));
        return socket.HttpStatusCode;
    }

    private static string? Type(JsonElement message) => message.GetProperty("type").GetString();

    private static bool IsMetrics(JsonElement message) => Type(message) == "metrics";

    private static long Stored(IEnumerable<JsonElement> messages, string name) => messages.Where(IsMetrics)
        .SelectMany(message => message.GetProperty("names").EnumerateArray())
        .Where(one => one.GetProperty("name").GetString() == name).Sum(one => one.GetProperty("count").GetInt64());
}

/// <summary>A viewer of live messages, who reads all the time.</summary>
internal sealed class Viewer : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly List<JsonElement> _messages = [];
    private Task<string?>? _reading;

    public string? SubProtocol => _socket.SubProtocol;

    public bool IsOpen => _socket.State == WebSocketState.Open;

    public IReadOnlyList<JsonElement> Messages
    {
        get
        {
            lock (_messages) return [.. _messages];
        }
    }

    /// <param name="address">Of HTTP.</param>
    /// <param name="inQuery">The token is a value of the query; else it is offered as a subprotocol.</param>
    public static async Task<Viewer> ConnectAsync(Uri address, string token, bool inQuery)
    {
        var viewer = new Viewer();
        if (!inQuery)
        {
            viewer._socket.Options.AddSubProtocol("nimbus");
            viewer._socket.Options.AddSubProtocol(token);
        }
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await viewer._socket.ConnectAsync(
            new UriBuilder(address) { Scheme = "ws", Query = inQuery ? $"access_token={token}" : "" }.Uri, patience.Token);
        viewer._reading = viewer.ReadAsync();
        return viewer;
    }

    public Task UntilAsync(Func<IReadOnlyList<JsonElement>, bool> isThere) => Eventually.TrueAsync(
        () => Task.FromResult(isThere(Messages)), () => string.Join('\n', Messages.TakeLast(5)), TimeSpan.FromSeconds(30));

    /// <summary>Waits until the server closes, and says why it did.</summary>
    public async Task<string?> ClosedAsync() => await _reading!.WaitAsync(TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        if (_reading is not null) await _reading;
        _socket.Dispose();
        _ended.Dispose();
    }

    private async Task<string?> ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        var text = new StringBuilder();
        try
        {
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer, _ended.Token);
                if (read.MessageType == WebSocketMessageType.Close) return read.CloseStatusDescription;
                text.Append(Encoding.UTF8.GetString(buffer, 0, read.Count));
                if (!read.EndOfMessage) continue;
                lock (_messages) _messages.Add(JsonSerializer.Deserialize<JsonElement>(text.ToString()));
                text.Clear();
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException)
        {
            return null;
        }
    }
}
