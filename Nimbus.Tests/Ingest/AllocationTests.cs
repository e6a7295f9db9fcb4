using System.Buffers;
using System.Text;
using Nimbus.IngestService;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Pipeline;
using Nimbus.IngestService.Writing;

namespace Nimbus.Tests.Ingest;

/// <summary>What an event may allocate on its way, in bytes: near what was measured, so that a copy too many shows.</summary>
public class AllocationTests
{
    private const int Events = 1000;
    private const int Rounds = 20;
    private static readonly Guid Project = Guid.Parse("01930000-0000-7000-8000-000000000001");

    [Fact]
    public void Intake_allocates_at_most_900_bytes_for_an_event_of_210()
    {
        var body = Body();
        Assert.InRange(body.Length / Events, 200, 220);
        var pipeline = new IngestPipeline(new IngestOptions());
        Assert.InRange(AllocatedPerEvent(() => Encode(body, pipeline)), 500, 900);
    }

    [Fact]
    public void The_writer_allocates_at_most_480_bytes_for_it_until_it_is_a_row()
    {
        var entry = Encode(Body(), new IngestPipeline(new IngestOptions()));
        var output = new ArrayBufferWriter<byte>();
        Assert.InRange(AllocatedPerEvent(() => WriteRows(entry, output)), 250, 480);
    }

    private static byte[] Encode(byte[] body, IngestPipeline pipeline)
    {
        var json = JsonText.MakeStorable(body);
        var result = pipeline.Run(BatchBody.Read(json.Span, Events).Events!, new Receipt(Judging.Now.ToUnixTimeMilliseconds(), json));
        Assert.Equal(Events, result.Accepted.Count);
        return EntryCodec.Encode(new Entry(Project, Project, Judging.Now.ToUnixTimeMilliseconds(), "", result.Accepted));
    }

    private static void WriteRows(byte[] bytes, ArrayBufferWriter<byte> output)
    {
        var entry = EntryCodec.Decode(bytes);
        output.ResetWrittenCount();
        EventCopy.WriteRows(output, [.. entry.Events.Select(e => new EventRow(entry, e) { NameCode = 1, UserKey = 1 })]);
    }

    private static long AllocatedPerEvent(Action action)
    {
        action();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
            action();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (Rounds * Events);
    }

    private static byte[] Body() => Encoding.UTF8.GetBytes($$"""{"events":[{{string.Join(',', Enumerable.Range(0, Events).Select(EventJson))}}]}""");

    private static string EventJson(int i) => $$$"""
        {"name":"page.view","ts":"2026-03-01T11:59:00.000Z","user_id":"user-{{{i:D6}}}","idempotency_key":"run-{{{i:D16}}}","props":{"plan":"free","amount":1{{{i % 997:D3}}}.25,"country":"DE","page":"/products/{{{i % 211:D3}}}","first":true}}
        """;
}
