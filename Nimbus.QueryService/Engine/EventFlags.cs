using Nimbus.Events;

namespace Nimbus.QueryService.Engine;

/// <summary>What <see cref="BlockView.Flags"/> says of an event.</summary>
public static class EventFlags
{
    /// <summary>The bits that hold the <see cref="EventType"/>.</summary>
    public const byte TypeMask = 0b0011;

    /// <summary>The event has no user id: the id it has is its anonymous one.</summary>
    public const byte Anonymous = 0b0100;

    public static EventType TypeOf(byte flags) => (EventType)(flags & TypeMask);

    internal static byte Of(EventType type, bool isAnonymous) => (byte)((byte)type | (isAnonymous ? Anonymous : 0));
}
