namespace Nimbus.Cli.Doctor;

/// <summary>How one thing is.</summary>
internal enum FindingState
{
    Ok,

    /// <summary>It could not be looked at from here.</summary>
    Unknown,

    /// <summary>It works, and will not always.</summary>
    Warning,

    /// <summary>It does not work, or loses something.</summary>
    Fault,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Area">Where: gateway, eventsdb, redis, …</param>
/// <param name="What">How it is, in words.</param>
/// <param name="Remedy">What to do; null where there is nothing to do.</param>
internal sealed record Finding(string Area, FindingState State, string What, string? Remedy = null);
