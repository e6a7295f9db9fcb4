namespace Nimbus.Events.Schema;

/// <summary>What a service does when eventsdb has not the schema it needs.</summary>
public enum SchemaRole
{
    /// <summary>Waits until another service has brought it.</summary>
    Waits,

    /// <summary>Brings it; services that start at once take turns.</summary>
    Migrates,
}
