namespace Nimbus.Events.Schema;

/// <summary>What a row of the outbox tells of; a sum of these.</summary>
public static class OutboxKind
{
    /// <summary>Events were stored, with times in [min_ts, max_ts] and ids in [first_id, last_id].</summary>
    public const short EventsStored = 1;

    /// <summary>The canonical ids of changed_ids changed, or they are new and in no event.</summary>
    public const short PeopleChanged = 2;

    public const short TraitsChanged = 4;

    /// <summary>Events of the UTC days of [min_ts, max_ts] are gone: read these days again.</summary>
    public const short EventsDeleted = 8;

    /// <summary>Something else that answers depend on.</summary>
    public const short OtherChanged = 16;
}
