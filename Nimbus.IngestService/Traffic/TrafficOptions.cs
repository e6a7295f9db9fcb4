namespace Nimbus.IngestService.Traffic;

/// <summary>What is told of where a browser's events come from, section <c>Nimbus:Ingest:Traffic</c>.</summary>
public sealed record TrafficOptions
{
    /// <summary>The ids of the projects for which it is; <c>*</c> for all of them. None unless set.</summary>
    public IReadOnlyList<string> Projects { get; init; } = [];

    /// <summary>What is kept of the address.</summary>
    public KeptAddress Address { get; init; } = KeptAddress.None;

    /// <summary>
    /// The header in which the proxy in front tells the country, such as <c>CF-IPCountry</c>. Only where that proxy sets it
    /// itself, whatever it was sent.
    /// </summary>
    public string? CountryHeader { get; init; }
}

/// <summary>What is kept of a client's address.</summary>
public enum KeptAddress
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The network: the first 24 bits of IPv4, the first 48 of IPv6.</summary>
    Truncated,
}
