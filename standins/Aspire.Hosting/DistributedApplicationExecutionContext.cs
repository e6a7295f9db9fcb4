namespace Aspire.Hosting;

/// <summary>What the AppHost was started for. The stand-in only runs.</summary>
public class DistributedApplicationExecutionContext
{
    internal DistributedApplicationExecutionContext()
    {
    }

    /// <summary>The application is run here and now.</summary>
    public bool IsRunMode => !IsPublishMode;

    /// <summary>A description for deployment is written; never true here.</summary>
    public bool IsPublishMode { get; }
}
