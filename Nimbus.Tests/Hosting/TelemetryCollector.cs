using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.Hosting;

/// <summary>Takes what the services of the running system export over OTLP: traces, metrics and logs.</summary>
public sealed class TelemetryCollector : IAsyncDisposable
{
    private readonly WebApplication _server;
    private volatile ConcurrentQueue<byte[]>? _recording;

    private TelemetryCollector(WebApplication server) => _server = server;

    public string Address => _server.Urls.Single();

    public static async Task<TelemetryCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var collector = new TelemetryCollector(builder.Build());
        collector._server.MapPost("/v1/{signal}", collector.TakeAsync);
        await collector._server.StartAsync();
        return collector;
    }

    /// <summary>Keeps what comes from now on, until the next call; what nobody asked to keep is dropped.</summary>
    public TelemetryRecording Record() => new(_recording = new ConcurrentQueue<byte[]>());

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task TakeAsync(HttpRequest request)
    {
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        _recording?.Enqueue(body.ToArray());
    }
}

/// <summary>What was exported since it began.</summary>
public sealed class TelemetryRecording(IReadOnlyCollection<byte[]> exports)
{
    /// <summary>Whether a text stands anywhere in it; protobuf writes text as it is.</summary>
    public bool Contains(string text) => exports.Any(export => export.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);

    /// <summary>The spans of a trace.</summary>
    /// <param name="traceId">32 hexadecimal digits.</param>
    public List<ExportedSpan> Spans(string traceId) => [.. exports.SelectMany(SpansIn).Where(span => span.TraceId == traceId)];

    // opentelemetry/proto/trace/v1/trace.proto: TracesData.resource_spans = 1; ResourceSpans.resource = 1, .scope_spans = 2;
    // ScopeSpans.spans = 2; Span.trace_id = 1, .span_id = 2, .parent_span_id = 4, .name = 5; Resource.attributes = 1.
    private static IEnumerable<ExportedSpan> SpansIn(byte[] export) =>
        from resourceSpans in Fields(export, 1)
        let service = Fields(resourceSpans, 1).SelectMany(resource => Fields(resource, 1)).Select(ServiceName).FirstOrDefault(name => name is not null)
        from scopeSpans in Fields(resourceSpans, 2)
        from span in Fields(scopeSpans, 2)
        where First(span, 1).Length == 16
        select new ExportedSpan(service ?? "", Hex(First(span, 1)), Hex(First(span, 2)), Hex(First(span, 4)), Encoding.UTF8.GetString(First(span, 5)));

    // KeyValue.key = 1, .value = 2; AnyValue.string_value = 1.
    private static string? ServiceName(byte[] attribute) =>
        Encoding.UTF8.GetString(First(attribute, 1)) == "service.name" ? Encoding.UTF8.GetString(First(First(attribute, 2), 1)) : null;

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] First(byte[] message, int number) => Fields(message, number).FirstOrDefault() ?? [];

    /// <summary>The length-delimited fields of this number; none where it is no message.</summary>
    private static List<byte[]> Fields(byte[] message, int number)
    {
        var (fields, at) = (new List<byte[]>(), 0);
        while (at < message.Length)
        {
            var tag = Varint();
            switch (tag & 7)
            {
                case 0: Varint(); break;
                case 1: at += 8; break;
                case 5: at += 4; break;
                case 2:
                    var length = (int)Varint();
                    if (length < 0 || length > message.Length - at)
                        return [];
                    if ((int)(tag >> 3) == number)
                        fields.Add(message[at..(at + length)]);
                    at += length;
                    break;
                default: return [];
            }
        }
        return fields;

        ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; at < message.Length; shift += 7)
            {
                var part = message[at++];
                value |= (ulong)(part & 0x7F) << shift;
                if (part < 0x80)
                    break;
            }
            return value;
        }
    }
}

/// <summary>A span as a service sent it; ids in lower-case hexadecimal.</summary>
/// <param name="ParentId">Empty for a root.</param>
public sealed record ExportedSpan(string Service, string TraceId, string Id, string ParentId, string Name);
