namespace Nimbus.Events;

/// <summary>
/// Ids that clients send when they have none. They are stored on the event, but are nobody's and link nothing: one of
/// them would make all of its senders one person.
/// </summary>
public static class ProtectedIds
{
    private static readonly HashSet<string> Ids = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown", "<nil>",
        "0", "-1", "true", "false", "[]", "{}", "00000000-0000-0000-0000-000000000000",
    };

    /// <summary>True for the ids of the list in any case, and for the empty one.</summary>
    public static bool Contains(string id) => id.Length <= 36 && Ids.Contains(id);
}
