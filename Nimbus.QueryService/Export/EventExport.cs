using System.IO.Pipelines;
using Nimbus.QueryService.Events;

namespace Nimbus.QueryService.Export;

/// <summary>Writes events to a stream, page by page, at the pace of who reads it.</summary>
/// <remarks>
/// Each page is a query of its own, so that an export of hours holds no transaction open, and goes on behind the last event
/// written: what is stored before the export begins is in it once, what is stored meanwhile may be.
/// </remarks>
public sealed class EventExport(EventsReader events)
{
    // A page is in memory as a whole; its lines leave in pieces of this size.
    private const int FlushBytes = 64 << 10;

    /// <param name="query">The first page; the limit is the size of each.</param>
    /// <param name="format">How events are written.</param>
    /// <param name="body">Written to the end of the events, and left open.</param>
    /// <param name="ct">Ends the export, and the query under way.</param>
    public async Task WriteAsync(EventsQuery query, ExportFormat format, Stream body, CancellationToken ct)
    {
        var output = PipeWriter.Create(body, new StreamPipeWriterOptions(minimumBufferSize: FlushBytes, leaveOpen: true));
        var next = query;
        var isFirst = true;
        while (next is not null)
        {
            var page = await events.ReadAsync(next, ct, kind: "export");
            // After the first page, so that an export which cannot begin is answered with an error.
            if (isFirst && format == ExportFormat.Csv) ExportLine.WriteCsvHeader(output);
            isFirst = false;
            foreach (var e in page.Events)
            {
                ExportLine.Write(output, format, e);
                if (output.UnflushedBytes >= FlushBytes) await output.FlushAsync(ct);
            }
            next = page.NextCursor is { } cursor ? query with { After = EventCursor.Parse(cursor) } : null;
        }
        await output.FlushAsync(ct);
        await output.CompleteAsync();
    }
}
