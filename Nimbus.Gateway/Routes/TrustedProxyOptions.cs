namespace Nimbus.Gateway.Routes;

/// <summary>Who is believed about where a request came from.</summary>
public sealed record TrustedProxyOptions
{
    public const string Section = "Nimbus";

    /// <summary>
    /// The proxies in front of the gateway, as addresses or networks (<c>10.0.0.0/8</c>): a client's address, scheme and host are
    /// what they say in X-Forwarded-For, -Proto and -Host. Nobody else is believed.
    /// </summary>
    public string[] TrustedProxies { get; init; } = [];
}
