using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Capture;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.IngestService.DeadLetters;

/// <summary>
/// Puts letters into the stream again, under a new entry that names its letter. The letter itself stays until the writer has
/// stored the event, so nothing is lost when it never does, and a second replay of it finds nothing left to store.
/// </summary>
internal sealed class DeadLetterReplay(EventCapture capture, IOptions<IngestOptions> options, TimeProvider time)
{
    private readonly IngestPipeline _pipeline = new(options.Value);

    /// <summary>Puts one letter into the stream.</summary>
    /// <param name="correction">To be stored in its place; null for the event as it is.</param>
    /// <returns>Null once the stream has it, else why it stays.</returns>
    /// <exception cref="RefusedException">The stream takes nothing at the moment.</exception>
    public async Task<NotReplayed?> ReplayAsync(StoredLetter letter, JsonElement? correction, CancellationToken ct)
    {
        Entry entry;
        if (correction is { } corrected)
        {
            var json = JsonText.MakeStorable(Encoding.UTF8.GetBytes(corrected.GetRawText()));
            var result = _pipeline.Run([ReadDraft(json.Span)], new Receipt(letter.ReceivedAt(), json));
            if (result.Dropped is [var dropped, ..])
                return new NotReplayed(letter.Id, dropped.Reason.Code(), dropped.Reason.Message());
            entry = new Entry(Guid.Empty, letter.ProjectId, letter.ReceivedAt(), "", result.Accepted);
        }
        else if (letter.Entry is { } bytes)
        {
            entry = EntryCodec.Decode(bytes);
        }
        else
        {
            return new NotReplayed(
                letter.Id, "needs_correction", "Intake could make no event of this; give the event that it should have been.");
        }
        await capture.AppendAsync(
            entry with
            {
                EntryId = Guid.CreateVersion7(time.GetUtcNow()),
                TraceParent = Activity.Current?.Id ?? "",
                Replays = letter.Id,
            }, keyId: null, ct);
        return null;
    }

    private static EventDraft ReadDraft(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        return EventDraft.Read(ref reader, 0);
    }
}
