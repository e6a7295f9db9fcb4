using System.Net;
using Nimbus.Client;

namespace Nimbus.Tests.Client;

public sealed class SendingTests : IAsyncLifetime
{
    private readonly HurriedTime _clock = new();
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_batch_is_signed_over_the_bytes_as_sent_compressed_or_not()
    {
        using var client = Client();

        await client.SendAsync([new NimbusEvent("small")]);
        await client.SendAsync([.. Enumerable.Range(0, 200).Select(i => new NimbusEvent($"event {i}"))]);

        Assert.Equal([false, true], _server.Requests.Select(request => request.Gzip));
        Assert.All(_server.Requests, request => Assert.True(request.IsSigned()));
        Assert.Equal(201, _server.Events.Count);
    }

    [Fact]
    public async Task A_batch_that_fails_for_a_while_arrives_once_and_every_attempt_has_the_same_bytes_and_signature()
    {
        using var client = Client();
        _server.FailNext(429, retryAfter: "7");
        _server.FailNext(503);
        _server.ResetNext();
        _server.FailNext(408);

        var answer = await client.SendAsync([new NimbusEvent("a"), new NimbusEvent("b")]);

        Assert.Equal(2, answer.Accepted);
        Assert.Equal(5, _server.Requests.Count);
        Assert.Single(_server.Requests.Select(request => request.Signature).Distinct());
        Assert.Single(_server.Requests.Select(request => Convert.ToHexString(request.Body)).Distinct());
        Assert.Equal([1, 1], _server.Keys.Values);
        Assert.InRange(_clock.Waits.First(), TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7.3));
    }

    [Fact]
    public async Task A_retry_after_the_signature_has_aged_is_signed_anew_over_the_same_body()
    {
        using var client = Client(new RetryPolicy { GiveUpAfter = TimeSpan.FromMinutes(10) });
        _server.FailNext(503, retryAfter: "200");

        await client.SendAsync([new NimbusEvent("a")]);

        var (first, second) = (_server.Requests.First(), _server.Requests.Last());
        Assert.InRange(long.Parse(second.Timestamp) - long.Parse(first.Timestamp), 200, 201);
        Assert.NotEqual(first.Signature, second.Signature);
        Assert.Equal(first.Body, second.Body);
    }

    [Fact]
    public async Task A_date_as_Retry_After_is_waited_for()
    {
        using var client = Client();
        _server.FailNext(429, retryAfter: _clock.GetUtcNow().AddSeconds(40).ToString("R"));

        await client.SendAsync([new NimbusEvent("a")]);

        Assert.InRange(_clock.Waits.First(), TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(40.3));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(413)]
    public async Task A_refusal_for_good_is_thrown_with_its_code_and_not_tried_again(int status)
    {
        using var client = Client();
        _server.FailNext(status);

        var refusal = await Assert.ThrowsAsync<NimbusException>(() => client.SendAsync([new NimbusEvent("a")]));

        Assert.Equal(((HttpStatusCode)status, "told_to", "t1"), (refusal.Status!.Value, refusal.Code, refusal.TraceId));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Retries_end_when_their_time_is_over()
    {
        using var client = Client(new RetryPolicy { GiveUpAfter = TimeSpan.FromSeconds(20) });
        for (var i = 0; i < 100; i++)
            _server.FailNext(503);

        var failure = await Assert.ThrowsAsync<NimbusException>(() => client.SendAsync([new NimbusEvent("a")]));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, failure.Status);
        // 0.2, 0.4, … 6.4 s, each halved at most: 6 to 8 waits fit into 20 s.
        Assert.InRange(_server.Requests.Count, 7, 9);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure_that_names_its_address()
    {
        using var client = new NimbusClient(
            new Uri("http://127.0.0.1:9"), FakeServer.Credentials,
            new NimbusClientOptions { Clock = _clock, Retry = new RetryPolicy { GiveUpAfter = TimeSpan.FromSeconds(1) } });

        var failure = await Assert.ThrowsAsync<NimbusException>(() => client.SendAsync([new NimbusEvent("a")]));

        Assert.Null(failure.Status);
        Assert.Contains("127.0.0.1:9", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_without_one_good_event_is_an_answer_and_not_an_exception()
    {
        using var client = Client();
        _server.FailNextWith(400, """{"code":"no_valid_event","detail":"d","errors":[{"index":0,"code":"ts_in_future","message":"m"}]}""");

        var answer = await client.SendAsync([new NimbusEvent("a")]);

        Assert.Equal(1, answer.Rejected);
        Assert.Equal(new EventError(0, "ts_in_future", "m"), Assert.Single(answer.Errors));
    }

    [Fact]
    public async Task An_answer_of_something_else_than_Nimbus_is_no_success()
    {
        using var client = Client();
        _server.FailNextWith(200, "<html>welcome</html>");

        await Assert.ThrowsAsync<NimbusException>(() => client.SendAsync([new NimbusEvent("a")]));
    }

    [Fact]
    public async Task More_events_than_a_request_holds_go_in_several_and_errors_keep_the_callers_indexes()
    {
        using var client = Client();
        _server.Refuse = @event => @event.GetProperty("name").GetString() == "bad" ? "invalid_name" : null;
        var events = Enumerable.Range(0, 2500).Select(i => new NimbusEvent(i is 3 or 1700 or 2499 ? "bad" : "good")).ToList();

        var answer = await client.SendAsync(events);

        Assert.Equal([1000, 1000, 500], _server.Requests.Select(request => request.Events().Count));
        Assert.Equal((2497, 3), (answer.Accepted, answer.Rejected));
        Assert.Equal([3, 1700, 2499], answer.Errors.Select(error => error.Index));
    }

    [Fact]
    public async Task An_event_larger_than_a_request_is_an_error_of_that_event_alone()
    {
        using var client = Client();
        var huge = new NimbusEvent("huge") { PropertiesJson = $$"""{"x":"{{new string('x', EventBatchBuilder.MaxBytes)}}"}""" };

        var answer = await client.SendAsync([new NimbusEvent("before"), huge, new NimbusEvent("after")]);

        Assert.Equal((2, 1), (answer.Accepted, answer.Rejected));
        Assert.Equal((1, "too_large"), (answer.Errors[0].Index, answer.Errors[0].Code));
    }

    [Fact]
    public async Task Stopping_ends_the_waiting_at_once()
    {
        using var stop = new CancellationTokenSource();
        var options = new NimbusClientOptions
        {
            Retry = new RetryPolicy { FirstDelay = TimeSpan.FromHours(1), LongestDelay = TimeSpan.FromHours(1), GiveUpAfter = Timeout.InfiniteTimeSpan },
            Retrying = _ => stop.Cancel(),
        };
        using var client = new NimbusClient(_server.Address, FakeServer.Credentials, options);
        _server.FailNext(503);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SendAsync([new NimbusEvent("a")], stop.Token));
    }

    [Theory]
    [InlineData(0, null, 0.0, 100)]    // half of 200
    [InlineData(0, null, 1.0, 200)]
    [InlineData(3, null, 0.0, 800)]    // 200 * 2^3 / 2
    [InlineData(40, null, 1.0, 30_000)] // no longer than the longest
    [InlineData(0, 5_000, 0.0, 5_000)]
    [InlineData(0, 5_000, 0.5, 5_100)] // spread, but never before what was asked
    [InlineData(3, 10, 1.0, 1_600)]    // asked for less than the back-off
    public void A_wait_doubles_spreads_and_respects_what_the_server_asked_for(
        int retry, int? askedMilliseconds, double spread, int expectedMilliseconds)
    {
        var asked = askedMilliseconds is { } ms ? TimeSpan.FromMilliseconds(ms) : default(TimeSpan?);

        Assert.Equal(
            TimeSpan.FromMilliseconds(expectedMilliseconds), new RetryPolicy().DelayBefore(retry, asked, spread));
    }

    private NimbusClient Client(RetryPolicy? retry = null) => new(
        _server.Address, FakeServer.Credentials, new NimbusClientOptions { Clock = _clock, Retry = retry ?? new RetryPolicy() });
}
