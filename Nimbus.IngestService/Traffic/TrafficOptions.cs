namespace Nimbus.IngestService.Traffic;

/// <summary>How it is found out where a browser's events come from, section <c>Nimbus:Ingest:Traffic</c>.</summary>
public sealed record TrafficOptions
{
    /// <summary>
    /// The header in which the proxy in front tells the country, such as <c>CF-IPCountry</c>. Only where that proxy sets it
    /// itself, whatever it was sent.
    /// </summary>
    public string? CountryHeader { get; init; }
}

/// <summary>What a project keeps of where a browser's events come from; the identity service has the setting.</summary>
internal enum TrafficDetail
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Browser, system, device, country, and whether it is a robot.</summary>
    Browser,

    /// <summary>The same, and the network of its address: the first 24 bits of IPv4, the first 48 of IPv6.</summary>
    Network,
}
