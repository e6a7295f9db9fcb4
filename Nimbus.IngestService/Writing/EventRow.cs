using Nimbus.IngestService.Buffering;

namespace Nimbus.IngestService.Writing;

/// <summary>An event on its way into the tables, with what they know it by.</summary>
internal sealed class EventRow(Entry entry, EntryEvent @event)
{
    public Entry Entry { get; } = entry;

    public EntryEvent Event { get; } = @event;

    public Guid ProjectId => Entry.ProjectId;

    public Guid Id => Entry.IdOf(Event.Index);

    public int NameCode { get; set; }

    public long? UserKey { get; set; }

    public long? AnonKey { get; set; }

    /// <summary>Of the id that an alias joins with the user's.</summary>
    public long? OtherKey { get; set; }
}
