using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;

namespace Nimbus.IdentityService.Members;

/// <summary>Roles by their names on the wire.</summary>
internal static class Roles
{
    /// <summary>Viewer, with a complaint, where it is none of them.</summary>
    public static ProjectRole Read(FieldErrors errors, string? role)
    {
        ProjectRole? known = role switch
        {
            "owner" => ProjectRole.Owner,
            "admin" => ProjectRole.Admin,
            "analyst" => ProjectRole.Analyst,
            "viewer" => ProjectRole.Viewer,
            _ => null,
        };
        if (known is null)
            errors.Add("role", "must be owner, admin, analyst or viewer");
        return known ?? ProjectRole.Viewer;
    }

    public static string Name(this ProjectRole role) => role.ToString().ToLowerInvariant();
}
