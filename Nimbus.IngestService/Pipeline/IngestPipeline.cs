using System.Globalization;
using System.Text.Json;
using Nimbus.IngestService.Buffering;

namespace Nimbus.IngestService.Pipeline;

/// <summary>What an event goes through between the request's body and the stream, one step after the other.</summary>
/// <remarks>A step fills in its part of the entry, or names the reason why the event goes no further.</remarks>
internal sealed class IngestPipeline(IngestOptions options)
{
    private delegate DropReason? Step(EventDraft draft, Receipt receipt, EntryEvent result);

    private static readonly long Year1971 = new DateTimeOffset(1971, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private const long DayInMilliseconds = 24 * 60 * 60 * 1000;

    private Step[] Steps =>
    [
        BeAnObject,
        FitTheLimit,
        HaveAName,
        HaveATime,
        HaveIds,
        HaveAKey,
        HaveASequenceNumber,
        HaveProps,
        HaveContext,
        KeepTheOriginal,
    ];

    /// <summary>Judges every event on its own: a bad one never takes a good one with it.</summary>
    public PipelineResult Run(IReadOnlyList<EventDraft> drafts, Receipt receipt)
    {
        var steps = Steps;
        var accepted = new List<EntryEvent>(drafts.Count);
        var dropped = new List<DroppedEvent>();
        foreach (var draft in drafts)
        {
            var result = new EntryEvent { Index = draft.Index };
            if (FirstObjection(steps, draft, receipt, result) is { } reason)
                dropped.Add(new DroppedEvent(draft.Index, reason));
            else
                accepted.Add(result);
        }
        return new PipelineResult(accepted, dropped);
    }

    private static DropReason? FirstObjection(Step[] steps, EventDraft draft, Receipt receipt, EntryEvent result)
    {
        foreach (var step in steps)
        {
            if (step(draft, receipt, result) is { } reason)
                return reason;
        }
        return null;
    }

    private static DropReason? BeAnObject(EventDraft draft, Receipt receipt, EntryEvent result) =>
        draft.IsObject ? null : DropReason.InvalidEvent;

    private DropReason? FitTheLimit(EventDraft draft, Receipt receipt, EntryEvent result) =>
        draft.Length <= options.MaxEventBytes ? null : DropReason.EventTooLarge;

    private static DropReason? HaveAName(EventDraft draft, Receipt receipt, EntryEvent result)
    {
        if (draft.Name.IsNone || draft.Name.Kind != JsonTokenType.String || !draft.Name.IsShortText)
            return DropReason.InvalidName;
        result.Name = draft.Name.Text!;
        return null;
    }

    private static DropReason? HaveATime(EventDraft draft, Receipt receipt, EntryEvent result)
    {
        result.Ts = receipt.At;
        if (draft.Ts.Kind is JsonTokenType.None or JsonTokenType.Null)
            return null;
        if (draft.Ts.Kind != JsonTokenType.String || !EventTime.TryParse(draft.Ts.Text!, out var ts))
            return DropReason.InvalidTs;
        result.Ts = ts;
        if (ts > receipt.At + DayInMilliseconds)
            return DropReason.TsInFuture;
        return ts < Year1971 ? DropReason.TsTooOld : null;
    }

    private static DropReason? HaveIds(EventDraft draft, Receipt receipt, EntryEvent result)
    {
        if (!draft.UserId.IsNone)
        {
            if (!draft.UserId.IsShortText)
                return DropReason.InvalidUserId;
            result.UserId = draft.UserId.Text;
        }
        if (!draft.AnonymousId.IsNone)
        {
            if (!draft.AnonymousId.IsShortText)
                return DropReason.InvalidAnonymousId;
            result.AnonymousId = draft.AnonymousId.Text;
        }
        return null;
    }

    private static DropReason? HaveAKey(EventDraft draft, Receipt receipt, EntryEvent result)
    {
        if (draft.IdempotencyKey.IsNone)
            return null;
        if (!draft.IdempotencyKey.IsShortText)
            return DropReason.InvalidIdempotencyKey;
        result.IdempotencyKey = draft.IdempotencyKey.Text;
        return null;
    }

    private static DropReason? HaveASequenceNumber(EventDraft draft, Receipt receipt, EntryEvent result)
    {
        if (draft.Seq.Kind is JsonTokenType.None or JsonTokenType.Null)
            return null;
        if (draft.Seq.Kind != JsonTokenType.Number
            || !long.TryParse(draft.Seq.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seq))
            return DropReason.InvalidSeq;
        result.Seq = seq;
        return null;
    }

    private static DropReason? HaveProps(EventDraft draft, Receipt receipt, EntryEvent result)
    {
        if (draft.Props.IsNone)
            return null;
        if (!draft.Props.IsValid)
            return DropReason.InvalidProps;
        result.Props = receipt.Body.Slice(draft.Props.Start, draft.Props.Length);
        return null;
    }

    private static DropReason? HaveContext(EventDraft draft, Receipt receipt, EntryEvent result)
    {
        if (draft.Context.IsNone)
            return null;
        if (!draft.Context.IsValid)
            return DropReason.InvalidContext;
        result.Context = receipt.Body.Slice(draft.Context.Start, draft.Context.Length);
        return null;
    }

    private static DropReason? KeepTheOriginal(EventDraft draft, Receipt receipt, EntryEvent result)
    {
        result.Original = receipt.Body.Slice(draft.Start, draft.Length);
        return null;
    }
}

/// <summary>What is the same for all events of a request.</summary>
/// <param name="At">The server's time of receipt, in Unix milliseconds.</param>
/// <param name="Body">The body that the drafts point into.</param>
internal readonly record struct Receipt(long At, ReadOnlyMemory<byte> Body);

/// <summary>An event that does not go through.</summary>
internal readonly record struct DroppedEvent(int Index, DropReason Reason);

/// <summary>The events that go on, and those that do not; both in the order of the request.</summary>
internal sealed record PipelineResult(List<EntryEvent> Accepted, List<DroppedEvent> Dropped);
