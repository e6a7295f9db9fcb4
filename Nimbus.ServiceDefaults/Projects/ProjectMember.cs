namespace Nimbus.ServiceDefaults;

/// <summary>A user's membership of a project.</summary>
/// <param name="Role">owner, admin, analyst or viewer.</param>
/// <param name="TimeZone">The project's time zone, an IANA name.</param>
public sealed record ProjectMember(Guid ProjectId, string Role, string TimeZone)
{
    /// <summary>Whether the project is theirs to look after: owners and admins.</summary>
    public bool Administers => Role is "owner" or "admin";

    /// <summary>Whether they may save and change what is kept about the project: everybody but viewers.</summary>
    public bool Edits => Role is "owner" or "admin" or "analyst";
}
