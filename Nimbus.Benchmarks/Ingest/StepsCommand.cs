using System.Buffers;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nimbus.Events;
using Nimbus.IngestService;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Pipeline;
using Nimbus.IngestService.Writing;

namespace Nimbus.Benchmarks.Ingest;

/// <summary><c>ingest-steps</c>: what each step of an event's way costs by itself, without HTTP, Redis and PostgreSQL.</summary>
internal static class StepsCommand
{
    private const int Batches = 300;

    public static Command Create()
    {
        var command = new Command("ingest-steps", "Time and memory of each step of intake and writer, in this process alone.");
        command.SetAction(_ => Run());
        return command;
    }

    private static void Run()
    {
        var project = Guid.CreateVersion7();
        var now = DateTimeOffset.UtcNow;
        var body = new EventBodies(0, BatchLoad.BatchSize, 1_000_000).Next(now, 1).ToArray();
        var receipt = new Receipt(now.ToUnixTimeMilliseconds(), body);
        var pipeline = new IngestPipeline(new IngestOptions());
        var drafts = BatchBody.Read(body, BatchLoad.BatchSize).Events!;
        var accepted = pipeline.Run(drafts, receipt).Accepted;
        var entry = new Entry(Guid.CreateVersion7(), project, receipt.At, "", accepted);
        var bytes = EntryCodec.Encode(entry);
        var read = EntryCodec.Decode(bytes);
        var rows = read.Events.Select(e => new EventRow(read, e) { NameCode = 1, UserKey = 1 }).ToList();

        var output = new ArrayBufferWriter<byte>();

        var table = new Table("step", "ns per event", "bytes per event");
        Step("make storable", () => JsonText.MakeStorable(body));
        Step("read the body", () => BatchBody.Read(body, BatchLoad.BatchSize));
        Step("judge", () => pipeline.Run(drafts, receipt));
        Step("hash keys", () =>
        {
            foreach (var e in accepted)
                EventKey.Of(project, e.IdempotencyKey!);
        });
        Step("encode the entry", () => EntryCodec.Encode(entry));
        Step("decode the entry", () => EntryCodec.Decode(bytes));
        Step("write rows for COPY", () =>
        {
            output.ResetWrittenCount();
            EventCopy.WriteRows(output, rows);
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{body.Length / (double)BatchLoad.BatchSize:0} bytes of JSON an event, {bytes.Length / (double)BatchLoad.BatchSize:0} in the stream"));
        table.Print(Console.Out);

        void Step(string name, Action step)
        {
            for (var i = 0; i < Batches; i++)
                step();
            var times = new List<double>();
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Batches; i++)
            {
                var begin = Stopwatch.GetTimestamp();
                step();
                times.Add(Stopwatch.GetElapsedTime(begin).TotalNanoseconds / BatchLoad.BatchSize);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            table.Add(name, Report.Median(times).ToString("0", CultureInfo.InvariantCulture),
                (allocated / (double)Batches / BatchLoad.BatchSize).ToString("0", CultureInfo.InvariantCulture));
        }
    }
}
