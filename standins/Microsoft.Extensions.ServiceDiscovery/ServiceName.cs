namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>What an address asks for: schemes in order of preference, a service, perhaps one endpoint of it.</summary>
/// <param name="Schemes"><c>https+http</c> is https, then http.</param>
/// <param name="Endpoint">From <c>_endpoint.service</c>; null for the service's own.</param>
/// <param name="Port">As written in the address; null where none is.</param>
internal sealed record ServiceName(IReadOnlyList<string> Schemes, string Service, string? Endpoint, int? Port)
{
    public static ServiceName Of(Uri address)
    {
        var (service, endpoint) = (address.Host, (string?)null);
        if (service.StartsWith('_') && service.IndexOf('.') is > 1 and var dot && !service.EndsWith('.'))
            (service, endpoint) = (service[(dot + 1)..], service[1..dot]);
        return new(address.Scheme.Split('+'), service, endpoint, address.IsDefaultPort || address.Port < 0 ? null : address.Port);
    }

    /// <summary>The address as DNS would be asked for it: the first scheme, the service as a host name.</summary>
    public Uri PassedThrough => new UriBuilder(Schemes[0], Service, Port ?? -1).Uri;
}
