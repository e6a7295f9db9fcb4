using System.Text.Json.Nodes;

namespace Nimbus.Gateway.Status;

/// <summary>How one service is.</summary>
public enum ServiceState
{
    /// <summary>Ready to serve.</summary>
    Healthy,

    /// <summary>It answers that it is not ready.</summary>
    Unhealthy,

    /// <summary>It does not answer within two seconds.</summary>
    Unreachable,
}

/// <summary>One service's readiness as the gateway sees it.</summary>
/// <param name="Checks">What the service itself says is wrong; null where it says nothing.</param>
public sealed record ServiceHealth(ServiceState Status, JsonNode? Checks = null);

/// <summary>The system can serve: every service is ready.</summary>
/// <param name="Version">Of the gateway; each service tells its own at <c>/health/detailed</c>.</param>
public sealed record SystemHealth(ServiceState Status, string Version, IReadOnlyDictionary<string, ServiceHealth> Services);
