using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Nimbus.Events;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Pipeline;
using Nimbus.IngestService.Traffic;

namespace Nimbus.IngestService.Capture;

/// <summary>Takes one request: who sends it, what is in it, and into the stream with what is good.</summary>
internal sealed class EventCapture(
    Authenticator authenticator,
    EventStream stream,
    RedisDurability durability,
    TrafficTagger traffic,
    CommitWatch commits,
    IntakeLimit limit,
    IngestMetrics metrics,
    IOptions<IngestOptions> options,
    TimeProvider time)
{
    // Twice 100,000 keys are about 8 MB.
    private readonly RecentKeys _recentKeys = new(100_000);
    private readonly IngestPipeline _pipeline = new(options.Value);

    /// <summary>What became of the events. Returns only once the stream has those that it counts as accepted.</summary>
    /// <exception cref="RefusedException">Nothing of the request is taken.</exception>
    public async Task<CaptureResult> CaptureAsync(HttpContext http, CancellationToken ct)
    {
        var receivedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
        var limits = options.Value;

        using var raw = await RequestBody.ReadAsync(http.Request, limits.MaxBodyBytes, ct);
        var sender = await AuthenticateAsync(http, raw.Memory, ct);
        var inflated = RequestBody.Inflate(raw, http.Request.Headers.ContentEncoding, limits.MaxInflatedBytes);
        try
        {
            var json = JsonText.MakeStorable(inflated.Memory);
            var drafts = Read(json.Span, sender.ProjectId);
            var result = _pipeline.Run(drafts, new Receipt(receivedAt, json));
            Count(drafts.Count, result.Dropped);
            if (result.Accepted.Count == 0)
                return new CaptureResult(0, 0, result.Dropped.Count, Errors(result.Dropped));

            var entry = new Entry(sender.EntryId, sender.ProjectId, receivedAt, Activity.Current?.Id ?? "", result.Accepted)
            {
                Traffic = traffic.Of(http.Request, sender.Traffic),
            };
            var duplicates = await StoreAsync(entry, sender.KeyId, ct);
            return new CaptureResult(
                result.Accepted.Count - duplicates, duplicates, result.Dropped.Count, Errors(result.Dropped));
        }
        finally
        {
            if (inflated != raw)
                inflated.Dispose();
        }
    }

    private async Task<Sender> AuthenticateAsync(HttpContext http, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        try
        {
            return await authenticator.AuthenticateAsync(http, body, ct);
        }
        catch (RefusedException refused) when (refused.Status == StatusCodes.Status401Unauthorized)
        {
            await limit.TakeFailureAsync(http, ct);
            throw;
        }
    }

    private List<EventDraft> Read(ReadOnlySpan<byte> json, Guid projectId)
    {
        var most = options.Value.MaxEventsPerRequest;
        BatchBody body;
        try
        {
            body = BatchBody.Read(json, most);
        }
        catch (JsonException broken)
        {
            throw new RefusedException(
                StatusCodes.Status400BadRequest, "invalid_json",
                $"The body is no JSON object (line {broken.LineNumber}, byte {broken.BytePositionInLine}).");
        }
        if (body.Events is not { Count: > 0 })
            throw new RefusedException(StatusCodes.Status400BadRequest, "no_events", $"events must be an array of 1 to {most} events.");
        if (body.Events.Count > most)
            throw new RefusedException(StatusCodes.Status400BadRequest, "too_many_events", $"A request may have at most {most} events.");
        if (body.ProjectId is { } named && named != projectId)
            throw new RefusedException(StatusCodes.Status403Forbidden, "project_mismatch", "The key belongs to another project than project_id.");
        return body.Events;
    }

    /// <summary>Hands an entry to the stream. Returns only once the stream has it, or the database, by <see cref="IngestOptions.AckAfter"/>.</summary>
    /// <returns>How many of the events are known already.</returns>
    /// <exception cref="RefusedException">It is not taken, or may not be.</exception>
    public async Task<int> StoreAsync(Entry entry, string keyId, CancellationToken ct)
    {
        await limit.TakeAsync(keyId, ct);
        var keys = KeysOf(entry);
        var duplicates = _recentKeys.CountKnown(keys);
        if (options.Value.AckAfter == AckAfter.Database)
            await AppendAndWaitAsync(entry, keyId, ct);
        else
            await AppendAsync(entry, keyId, ct);
        _recentKeys.Add(keys);
        return duplicates;
    }

    private async Task AppendAndWaitAsync(Entry entry, string keyId, CancellationToken ct)
    {
        var notice = commits.Expect(entry.ProjectId, entry.EntryId);
        try
        {
            await AppendAsync(entry, keyId, ct);
        }
        catch
        {
            commits.Forget(entry.ProjectId, entry.EntryId);
            throw;
        }
        await commits.WaitAsync(entry.ProjectId, entry.EntryId, notice, ct);
    }

    /// <summary>The same for what no client sends just now, and without waiting for its commit.</summary>
    /// <param name="keyId">The key that let it in; null where it is no key's.</param>
    /// <exception cref="RefusedException">It is not taken, or may not be.</exception>
    public async Task AppendAsync(Entry entry, string? keyId, CancellationToken ct)
    {
        if (durability.Objection is { } objection)
            throw RefusedException.Unavailable("buffer_not_durable", $"Events cannot be kept safely at the moment: {objection}");

        switch (await stream.AppendAsync(entry.EntryId, EntryCodec.Encode(entry), keyId, ct))
        {
            case Appended.Added:
                return;
            case Appended.KeyEnded:
                throw RefusedException.Unauthorized("unknown_key", "There is no such key, or no longer.");
            case Appended.Full:
                throw RefusedException.Unavailable("buffer_full", "As many events as may wait are waiting to be stored.");
            default:
                throw RefusedException.Unavailable("buffer_unavailable", "Events cannot be taken at the moment.");
        }
    }

    /// <summary>One key per event: its own, or for an event without one its id, which the same signed request has again.</summary>
    private static List<Guid> KeysOf(Entry entry)
    {
        var timeless = entry with { ReceivedAt = 0 };
        return [.. entry.Events.Select(e => e.IdempotencyKey is { } key ? EventKey.Of(entry.ProjectId, key) : timeless.IdOf(e.Index))];
    }

    private static List<EventError> Errors(List<DroppedEvent> dropped) =>
        [.. dropped.Select(d => new EventError(d.Index, d.Reason.Code(), d.Reason.Message()))];

    private void Count(int received, List<DroppedEvent> dropped)
    {
        metrics.Received(received);
        foreach (var d in dropped)
            metrics.Rejected(d.Reason);
    }
}
