namespace Aspire.Hosting;

/// <summary>How a project becomes a resource.</summary>
public class ProjectResourceOptions
{
    /// <summary>The launch profile to take addresses and environment from; null for the AppHost's own, else the first.</summary>
    public string? LaunchProfileName { get; set; }

    /// <summary>Take nothing from launch profiles: for a project that is added a second time.</summary>
    public bool ExcludeLaunchProfile { get; set; }
}
