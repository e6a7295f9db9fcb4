using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Nimbus.Client;

/// <summary>
/// Sends events to Nimbus, and sends again what did not arrive. Every event carries an idempotency key and every retry
/// the same bytes, so a retry never stores an event twice. Thread-safe; make one and keep it.
/// </summary>
public sealed class NimbusClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly bool _ownsHttp;
    private readonly Uri _eventsUri;
    private readonly NimbusCredentials _credentials;
    private readonly NimbusClientOptions _options;

    /// <param name="baseAddress">Where the gateway is: <c>https://nimbus.example</c>.</param>
    /// <param name="credentials">Who sends.</param>
    /// <param name="options">How; none: the defaults.</param>
    public NimbusClient(Uri baseAddress, NimbusCredentials credentials, NimbusClientOptions? options = null)
        : this(NimbusHttp.Create(baseAddress, Timeout.InfiniteTimeSpan), credentials, options) => _ownsHttp = true;

    /// <param name="http">The connection to use; its <see cref="HttpClient.BaseAddress"/> is where the gateway is.</param>
    /// <param name="credentials">Who sends.</param>
    /// <param name="options">How; none: the defaults.</param>
    public NimbusClient(HttpClient http, NimbusCredentials credentials, NimbusClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(credentials);
        _http = http;
        _credentials = credentials;
        _options = options ?? new NimbusClientOptions();
        _eventsUri = NimbusHttp.Address(http, "v1/events");
    }

    /// <summary>
    /// Sends the events in order, in as many requests as the limits of a request demand. An event that cannot be
    /// stored is an error in the answer, not an exception. Where it throws, requests before the failing one are
    /// stored: give events keys of your own to be able to call again with the same list.
    /// </summary>
    /// <exception cref="NimbusException">A request was refused, or still failed when the retries ended.</exception>
    public async Task<BatchAnswer> SendAsync(IReadOnlyList<NimbusEvent> events, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        var answer = BatchAnswer.Empty;
        var builder = new EventBatchBuilder();
        var first = 0;
        for (var i = 0; i < events.Count; i++)
        {
            var addition = builder.Add(events[i]);
            if (addition == BatchAddition.Added)
                continue;

            if (builder.Count > 0)
                answer = answer.Followed(await SendAsync(builder.Build(), ct), first);
            first = i;
            if (addition == BatchAddition.TooLarge || builder.Add(events[i]) == BatchAddition.TooLarge)
            {
                answer = answer.Followed(TooLarge, i);
                first = i + 1;
            }
        }

        return builder.Count > 0 ? answer.Followed(await SendAsync(builder.Build(), ct), first) : answer;
    }

    /// <summary>Sends one batch; as <see cref="SendAsync(IReadOnlyList{NimbusEvent}, CancellationToken)"/>.</summary>
    /// <exception cref="NimbusException">It was refused, or still failed when the retries ended.</exception>
    public async Task<BatchAnswer> SendAsync(EventBatch batch, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var clock = _options.Clock;
        var compressed = batch.Body.Length >= _options.CompressFromBytes;
        var body = compressed ? Gzip(batch.Body) : batch.Body;
        var started = clock.GetTimestamp();
        var signedAt = clock.GetUtcNow();
        for (var retry = 0; ; retry++)
        {
            var attempt = await AttemptAsync(batch.Count, body, compressed, signedAt, ct);
            if (attempt.Answer is { } answer)
                return answer;

            var delay = _options.Retry.DelayBefore(retry, attempt.RetryAfter, Random.Shared.NextDouble());
            if (!attempt.Transient || EndsBefore(clock.GetElapsedTime(started) + delay))
                throw attempt.Failure!;

            _options.Retrying?.Invoke(new RetryNotice(retry + 1, delay, attempt.Failure!));
            await Task.Delay(delay, clock, ct);
            if (clock.GetUtcNow() - signedAt > _options.SignatureFreshFor)
                signedAt = clock.GetUtcNow();
        }
    }

    /// <summary>Closes the connections, unless they are the caller's.</summary>
    public void Dispose()
    {
        if (_ownsHttp)
            _http.Dispose();
    }

    private bool EndsBefore(TimeSpan elapsed) =>
        _options.Retry.GiveUpAfter != Timeout.InfiniteTimeSpan && elapsed > _options.Retry.GiveUpAfter;

    private async Task<Attempt> AttemptAsync(
        int count, byte[] body, bool compressed, DateTimeOffset signedAt, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _eventsUri) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (compressed)
            request.Content.Headers.ContentEncoding.Add("gzip");
        _credentials.Authorize(request.Headers, "POST", _eventsUri.AbsolutePath, body, signedAt);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_options.Retry.AttemptTimeout);
        try
        {
            using var response = await _http.SendAsync(request, limit.Token);
            var content = await response.Content.ReadAsByteArrayAsync(limit.Token);
            return Judge(response, content, count);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Attempt.Failed(new NimbusException(Reason(e), null, null, null, e));
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            return Attempt.Failed(new NimbusException($"no answer from {_eventsUri.Authority} in time", null, null, null, e));
        }
    }

    private string Reason(Exception e) => $"no connection to {_eventsUri.Authority}: {e.GetBaseException().Message}";

    private Attempt Judge(HttpResponseMessage response, byte[] content, int count)
    {
        if (response.IsSuccessStatusCode)
            return Attempt.Answered(Understood(response.StatusCode, content));
        // A batch without one good event is a 400 that lists them: an answer about events, not a failure to send.
        if (response.StatusCode == HttpStatusCode.BadRequest && EventErrors(content) is { Count: > 0 } errors)
            return Attempt.Answered(new BatchAnswer(0, 0, count, errors));

        var failure = NimbusException.Of(response.StatusCode, content);
        return RetryPolicy.IsTransient(response.StatusCode)
            ? Attempt.Failed(failure, RetryAfter(response))
            : Attempt.Refused(failure);
    }

    private static BatchAnswer Understood(HttpStatusCode status, byte[] content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, NimbusJson.Default.BatchAnswer) switch
            {
                { Errors: null } answer => answer with { Errors = [] },
                { } answer => answer,
                null => throw new JsonException("null is no answer."),
            };
        }
        catch (JsonException e)
        {
            throw NimbusException.NotUnderstood(status, e);
        }
    }

    private static IReadOnlyList<EventError>? EventErrors(byte[] content)
    {
        try
        {
            return ProblemDocument.Read(content)?.Errors is { ValueKind: JsonValueKind.Array } errors
                ? errors.Deserialize(NimbusJson.Default.IReadOnlyListEventError)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _options.Clock.GetUtcNow(),
        _ => null,
    };

    private static byte[] Gzip(byte[] body)
    {
        using var compressed = new MemoryStream(body.Length / 4);
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(body);
        return compressed.ToArray();
    }

    private static BatchAnswer TooLarge { get; } =
        new(0, 0, 1, [new EventError(0, "too_large", "The event alone is larger than a request may be.")]);

    private readonly record struct Attempt(BatchAnswer? Answer, NimbusException? Failure, bool Transient, TimeSpan? RetryAfter)
    {
        public static Attempt Answered(BatchAnswer answer) => new(answer, null, false, null);

        public static Attempt Failed(NimbusException failure, TimeSpan? retryAfter = null) => new(null, failure, true, retryAfter);

        public static Attempt Refused(NimbusException failure) => new(null, failure, false, null);
    }
}
