namespace Nimbus.IngestService.People;

/// <summary>Where something of a person may stand, by the names in the receipt (docs/people.md#the-receipt).</summary>
internal static class ErasurePlaces
{
    public const string Ids = "ids";
    public const string Links = "id_edges";
    public const string Traits = "trait_writes";
    public const string Groups = "group_members";
    public const string DeadLetters = "dead_letters";
    public const string Events = "events";
    public const string PlannerStatistics = "planner_statistics";
    public const string WriteAheadLog = "write_ahead_log";
    public const string Stream = "redis_stream";
    public const string AppendOnlyFile = "redis_append_only_file";
    public const string Snapshot = "redis_snapshot";
    public const string Segments = "segments";
    public const string EventKeys = "event_keys";
    public const string LiveFeed = "live_feed";

    /// <summary>The tables that are rewritten as a whole; of events only the partitions of the person's time are.</summary>
    public static IReadOnlyList<string> Tables { get; } = [Ids, Links, Traits, Groups, DeadLetters];

    /// <summary>All that wait for a job, in the order of the receipt.</summary>
    public static IReadOnlyList<string> Rewritten { get; } =
        [.. Tables, Events, PlannerStatistics, WriteAheadLog, Stream, AppendOnlyFile, Snapshot, Segments];

    /// <summary>Those that never had anything to find, and why.</summary>
    public static IReadOnlyDictionary<string, string> WithoutIds { get; } = new Dictionary<string, string>
    {
        [EventKeys] = "128-bit hashes of idempotency keys; they are gone 14 days after the event was stored",
        [LiveFeed] = "passes events on and keeps none",
    };
}

/// <summary>How far one place is.</summary>
public enum PlaceState
{
    /// <summary>The job has not come to it, or waits for something.</summary>
    Waiting,

    /// <summary>It was written anew without the person.</summary>
    Rewritten,

    /// <summary>It never holds ids.</summary>
    HoldsNoIds,

    /// <summary>Nimbus may not do it here: the detail says what is left to who runs the server.</summary>
    LeftToOperator,
}
