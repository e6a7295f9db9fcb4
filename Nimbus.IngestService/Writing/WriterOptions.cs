using System.ComponentModel.DataAnnotations;

namespace Nimbus.IngestService.Writing;

/// <summary>The settings of the writer, section <c>Nimbus:Writer</c>.</summary>
public sealed record WriterOptions
{
    /// <summary>Transactions at a time per shard: while one waits for its commit, another fills its tables.</summary>
    [Range(1, 32)] public int Lanes { get; init; } = 2;

    /// <summary>Events that a transaction is filled up to. A single request is never split.</summary>
    [Range(1, 100_000)] public int EventsPerTransaction { get; init; } = 5_000;

    /// <summary>Bytes of entries that a transaction is filled up to.</summary>
    [Range(1 << 10, 1 << 28)] public int BytesPerTransaction { get; init; } = 4 << 20;

    /// <summary>
    /// How long a lane waits after a transaction that was less than half full, so that the next one has more to store: many
    /// small ones would take the processor and the disk from the requests themselves. An event is stored later by that at most.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:02")] public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long one statement may take. What waits longer is rolled back and tried again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")] public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After how long without a word an entry is taken from its consumer; has to be above the statement timeout. A consumer
    /// whose process is gone from this machine loses its entries at once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "02:00:00")] public TimeSpan ClaimAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an event key is surely remembered; up to twice that it may be.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")] public TimeSpan KeyGeneration { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long it is remembered which entries are stored, and what was written to the outbox.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")] public TimeSpan KeepEntries { get; init; } = TimeSpan.FromDays(14);
}
