namespace Nimbus.Events.Schema;

/// <summary>
/// The advisory locks of eventsdb. The single numbers and the classes of two-part locks are separate spaces in PostgreSQL;
/// the second part of the latter is <c>hashtext(project_id::text)</c>.
/// </summary>
public static class AdvisoryLocks
{
    /// <summary>Held while the schema or its partitions change.</summary>
    public const long Schema = 0x6E69_6D62_7573_0001;

    /// <summary>Shared by every transaction that stores events, exclusive while generations of keys roll over or a person is erased.</summary>
    public const long KeyGenerations = 0x6E69_6D62_7573_0002;

    /// <summary>Held by the one that deletes what projects no longer keep.</summary>
    public const long Retention = 0x6E69_6D62_7573_0003;

    /// <summary>Held by the one writer that rewrites files after erasures.</summary>
    public const long Erasures = 0x6E69_6D62_7573_0004;

    /// <summary>Class of the locks that give out a project's event name codes.</summary>
    public const int EventNames = 1;

    /// <summary>Class of the locks under which a project's people change.</summary>
    public const int People = 2;
}
