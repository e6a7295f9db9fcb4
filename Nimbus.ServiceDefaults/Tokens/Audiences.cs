namespace Nimbus.ServiceDefaults;

/// <summary>Whom a token of ours is for.</summary>
public static class Audiences
{
    /// <summary>What people call.</summary>
    public const string User = "nimbus";

    /// <summary>What only services call.</summary>
    public const string Service = "nimbus-internal";

    /// <summary>What the gateway proves itself with, and is good for nothing else.</summary>
    internal const string Gateway = "nimbus-gateway";
}
