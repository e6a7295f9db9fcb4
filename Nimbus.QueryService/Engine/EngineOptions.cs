using System.ComponentModel.DataAnnotations;

namespace Nimbus.QueryService.Engine;

/// <summary>How the engine keeps projects; configuration section <c>Nimbus:Engine</c>.</summary>
public sealed record EngineOptions
{
    /// <summary>
    /// Where the segments are, a folder for this process alone. Without it they are in a temporary folder, and are built from
    /// PostgreSQL again after every start.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>
    /// Between two looks for changes of the projects that are open. Writers tell of each commit as well, so this is how late a
    /// change may be seen when that was lost.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Between two saves of a project's state; what is not saved is read again after a restart.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan SaveInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A query sees everything that was committed before it was asked, if that takes no longer than this to read; else what was
    /// there before. The answer's watermark says which.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan FreshWithin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A query about a project that is still being built waits this long, and then is 503 <c>not_built</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A statement on eventsdb, or one piece of an answer to it, may take this long.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Events of one project in memory before the older ones become a segment.</summary>
    [Range(1_000, 100_000_000)]
    public int MaxTailEvents { get; init; } = 1_000_000;

    /// <summary>Events that make a segment worth its file.</summary>
    [Range(100, 100_000_000)]
    public int MinSegmentEvents { get; init; } = 50_000;

    /// <summary>
    /// A property with more values than this, more than half of whose events have one of their own, is kept as values in the
    /// files, and not in a dictionary in memory. Such a dictionary takes 100 bytes a value; reading values takes ten times as long.
    /// </summary>
    [Range(1_000, 100_000_000)]
    public int MaxDistinctValues { get; init; } = 150_000;

    /// <summary>
    /// What open projects may hold in memory, their segments not counted. Past it the projects that were asked about least
    /// recently are closed; their files stay.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long MaxMemoryBytes { get; init; } = 1L << 30;

    /// <summary>How many projects may be open.</summary>
    [Range(1, 100_000)]
    public int MaxProjects { get; init; } = 1_000;

    /// <summary>A project with more changes than this to follow is built anew.</summary>
    [Range(1, 10_000_000)]
    public int MaxChangesBehind { get; init; } = 100_000;
}
