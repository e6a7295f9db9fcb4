using System.Collections.Concurrent;
using Nimbus.Client;

namespace Nimbus.Tests.Client;

public sealed class TrackerTests : IAsyncLifetime, IDisposable
{
    private static readonly RetryPolicy Quick = new() { FirstDelay = TimeSpan.FromMilliseconds(1), GiveUpAfter = TimeSpan.FromMilliseconds(50) };

    private readonly ConcurrentQueue<UndeliveredEvent> _undelivered = new();
    private FakeServer _server = null!;
    private NimbusClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _client = new NimbusClient(_server.Address, FakeServer.Credentials, new NimbusClientOptions { Retry = Quick });
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Flushing_waits_until_everything_captured_before_is_with_the_server()
    {
        await using var tracker = Tracker(new NimbusTrackerOptions { BatchEvents = 10, FlushInterval = TimeSpan.FromHours(1) });
        for (var i = 0; i < 25; i++)
            Assert.True(tracker.Capture(new NimbusEvent($"e{i}")));

        await tracker.FlushAsync();

        Assert.Equal(25, tracker.Delivered);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"e{i}"), _server.Events.Select(e => e.GetProperty("name").GetString()));
        Assert.All(_server.Events, e => Assert.True(e.TryGetProperty("ts", out _)));
    }

    [Fact]
    public async Task Disposing_sends_what_waits()
    {
        await using (var tracker = Tracker(new NimbusTrackerOptions { FlushInterval = TimeSpan.FromHours(1) }))
            tracker.Capture(new NimbusEvent("last"));

        Assert.Single(_server.Events);
    }

    [Fact]
    public async Task A_full_queue_says_so_and_nothing_taken_is_lost()
    {
        using var stuck = new NimbusClient(
            _server.Address, FakeServer.Credentials,
            new NimbusClientOptions { Retry = new RetryPolicy { FirstDelay = TimeSpan.FromHours(1), LongestDelay = TimeSpan.FromHours(1), GiveUpAfter = Timeout.InfiniteTimeSpan } });
        _server.FailNext(503);
        var options = new NimbusTrackerOptions
        {
            Capacity = 5,
            BatchEvents = 1,
            DrainTimeout = TimeSpan.Zero,
            Undelivered = _undelivered.Enqueue,
        };
        var taken = 0;
        await using (var tracker = new NimbusTracker(stuck, options))
        {
            // One may be with the sender; of 20 at once at most 6 find room.
            for (var i = 0; i < 20; i++)
                taken += tracker.Capture(new NimbusEvent($"e{i}")) ? 1 : 0;
        }

        Assert.InRange(taken, 5, 6);
        Assert.Equal(taken, _undelivered.Count + _server.Events.Count);
    }

    [Fact]
    public async Task An_event_refused_or_impossible_to_write_is_reported_and_its_neighbours_arrive()
    {
        _server.Refuse = e => e.GetProperty("name").GetString() == "refused" ? "invalid_name" : null;
        await using var tracker = Tracker(new NimbusTrackerOptions { FlushInterval = TimeSpan.FromHours(1) });
        tracker.Capture(new NimbusEvent("good"));
        tracker.Capture(new NimbusEvent("unwritable") { Properties = new Dictionary<string, object?> { ["x"] = new object() } });
        tracker.Capture(new NimbusEvent("refused"));

        await tracker.FlushAsync();

        Assert.Equal("good", Assert.Single(_server.Events).GetProperty("name").GetString());
        Assert.Equal(
            [("unwritable", "invalid_props"), ("refused", "invalid_name")],
            _undelivered.Select(undelivered => (undelivered.Event.Name, undelivered.Code)));
        Assert.Equal((1, 2), (tracker.Delivered, tracker.Undelivered));
    }

    [Fact]
    public async Task When_retries_end_the_events_are_reported_with_their_keys_and_sending_goes_on()
    {
        await using var tracker = Tracker(new NimbusTrackerOptions());
        _server.FailNext(401);
        tracker.Capture(new NimbusEvent("lost"));
        await tracker.FlushAsync();
        tracker.Capture(new NimbusEvent("next"));
        await tracker.FlushAsync();

        var lost = Assert.Single(_undelivered);
        Assert.Equal(("lost", "told_to"), (lost.Event.Name, lost.Code));
        Assert.NotNull(lost.Event.IdempotencyKey);
        Assert.Equal("next", Assert.Single(_server.Events).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_disposed_tracker_takes_nothing()
    {
        var tracker = Tracker(new NimbusTrackerOptions());
        await tracker.DisposeAsync();

        Assert.False(tracker.Capture(new NimbusEvent("late")));
        await tracker.DisposeAsync();
    }

    private NimbusTracker Tracker(NimbusTrackerOptions options) =>
        new(_client, options with { Undelivered = _undelivered.Enqueue });
}
