using System.Text.Json.Serialization;

namespace Nimbus.IdentityService.Projects;

/// <summary>A new project.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Description">At most 2,000 characters.</param>
/// <param name="TimeZone">An IANA id; UTC where missing.</param>
public sealed record CreateProjectRequest(string? Name, string? Description, string? TimeZone);

/// <summary>
/// What is to change; what is missing stays. A description of null, or blank, goes; <c>retention_days</c> of null keeps events
/// for ever from now on.
/// </summary>
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

    /// <summary>1 to 3,650.</summary>
    public int? RetentionDays
    {
        get;
        init
        {
            field = value;
            HasRetentionDays = true;
        }
    }

    public TrafficDetail? Traffic { get; init; }

    [JsonIgnore]
    public bool HasRetentionDays { get; private init; }

    /// <summary>Tells a description of null from none.</summary>
    [JsonIgnore]
    public bool HasDescription { get; private init; }
}

/// <summary>The changes of a project; null leaves a field as it is.</summary>
public sealed record ProjectChange(
    string? Name, Change<string?>? Description, string? TimeZone, Change<int?>? RetentionDays, TrafficDetail? Traffic);

/// <summary>A field that is given, so that null can be a value.</summary>
public readonly record struct Change<T>(T To);
