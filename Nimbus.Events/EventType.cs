namespace Nimbus.Events;

/// <summary>What an event does besides having happened; the column <c>events.type</c>.</summary>
public enum EventType : short
{
    /// <summary>Somebody did something.</summary>
    Track = 0,

    /// <summary>Traits of a person change. Does not break a strict funnel.</summary>
    Profile = 1,

    /// <summary>Two ids are one person.</summary>
    Alias = 2,

    /// <summary>A person belongs to a group.</summary>
    Group = 3,
}
