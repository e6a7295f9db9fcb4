using System.Text.Json.Serialization;

namespace Nimbus.IdentityService.Projects;

/// <summary>A new project.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Description">At most 2,000 characters.</param>
/// <param name="TimeZone">An IANA id; UTC where missing.</param>
public sealed record CreateProjectRequest(string? Name, string? Description, string? TimeZone);

/// <summary>What is to change; what is missing stays. A description of null, or blank, goes.</summary>
public sealed class ChangeProjectRequest
{
    public string? Name { get; init; }

    public string? Description
    {
        get;
        init
        {
            field = value;
            HasDescription = true;
        }
    }

    public string? TimeZone { get; init; }

    /// <summary>Tells a description of null from none.</summary>
    [JsonIgnore]
    public bool HasDescription { get; private init; }
}
