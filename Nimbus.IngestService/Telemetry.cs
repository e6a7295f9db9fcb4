using System.Diagnostics;
using Nimbus.IngestService.Buffering;

namespace Nimbus.IngestService;

/// <summary>The traces of events on their way: a request's context travels with its entry through the stream.</summary>
internal static class Telemetry
{
    private static readonly ActivitySource Source = new("Nimbus.Ingest");

    /// <summary>A span for the way into the stream: of the command itself the client only tells that there was one.</summary>
    public static Activity? StartAppending() => Source.StartActivity("append to stream", ActivityKind.Producer);

    /// <summary>A span for storing: part of the request's trace where it stores one entry, linked to each where it stores many.</summary>
    public static Activity? StartStoring(IReadOnlyList<Entry> entries)
    {
        var contexts = entries
            .Select(entry => ActivityContext.TryParse(entry.TraceParent, null, isRemote: true, out var context) ? context : default)
            .Where(context => context != default)
            .ToList();
        return contexts.Count == 1
            ? Source.StartActivity("store events", ActivityKind.Consumer, contexts[0])
            : Source.StartActivity("store events", ActivityKind.Consumer, default(ActivityContext), links: contexts.Select(c => new ActivityLink(c)));
    }
}
