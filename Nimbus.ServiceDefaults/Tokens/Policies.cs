namespace Nimbus.ServiceDefaults;

/// <summary>Names of the authorization policies.</summary>
public static class Policies
{
    /// <summary>A person with a running session (audience <c>nimbus</c>). The default policy.</summary>
    public const string User = "user";

    /// <summary>Another service of this installation (audience <c>nimbus-internal</c>).</summary>
    public const string Service = "service";
}
