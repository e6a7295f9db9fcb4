using System.Text;
using Nimbus.IngestService;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.Tests.Ingest;

/// <summary>Runs bodies through the pipeline as intake does.</summary>
internal static class Judging
{
    /// <summary>The time of receipt in these tests.</summary>
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static PipelineResult Batch(string json, IngestOptions? options = null) =>
        Batch(Encoding.UTF8.GetBytes(json), options);

    public static PipelineResult Batch(byte[] json, IngestOptions? options = null)
    {
        var storable = JsonText.MakeStorable(json);
        var body = BatchBody.Read(storable.Span, 1000);
        return new IngestPipeline(options ?? new IngestOptions())
            .Run(body.Events!, new Receipt(Now.ToUnixTimeMilliseconds(), storable));
    }

    public static EntryEvent Good(string eventJson) => Assert.Single(Batch($$"""{"events":[{{eventJson}}]}""").Accepted);

    public static DropReason Bad(string eventJson) => Assert.Single(Batch($$"""{"events":[{{eventJson}}]}""").Dropped).Reason;

    public static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);
}
