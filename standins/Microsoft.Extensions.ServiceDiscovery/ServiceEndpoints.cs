using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Resolves service names to base addresses from <c>services:*</c>, and remembers them until it changes.</summary>
internal sealed class ServiceEndpoints(IConfiguration configuration)
{
    private readonly ConcurrentDictionary<string, Resolved> _resolved = new();

    /// <summary>Fires when what was resolved may no longer hold.</summary>
    public IChangeToken Changed => configuration.GetReloadToken();

    /// <summary>Every address of the service, never empty: a name that is not configured is left to DNS.</summary>
    public IReadOnlyList<Uri> All(Uri address) => Find(address).Addresses;

    /// <summary>The next address of the service, round-robin.</summary>
    public Uri Next(Uri address) => Find(address).Next();

    private Resolved Find(Uri address)
    {
        var authority = address.GetLeftPart(UriPartial.Authority);
        if (_resolved.TryGetValue(authority, out var known) && !known.Token.HasChanged)
            return known;
        // The token is taken first: a change while resolving must not be lost.
        var token = configuration.GetReloadToken();
        return _resolved[authority] = new Resolved(Resolve(ServiceName.Of(address)), token);
    }

    private List<Uri> Resolve(ServiceName name)
    {
        var service = configuration.GetSection("services").GetSection(name.Service);
        IEnumerable<string> candidates = name.Endpoint is { } endpoint ? [endpoint] : ["default", .. name.Schemes];
        var section = candidates.Select(service.GetSection).FirstOrDefault(candidate => candidate.Exists());
        if (section is null)
            return [name.PassedThrough];

        var values = section.Value is { Length: > 0 } ? [section] : section.GetChildren();
        var addresses = values.Select(value => Parse(value, name.Schemes)).ToList();
        var best = name.Schemes.FirstOrDefault(scheme => addresses.Any(address => address.Scheme == scheme));
        addresses.RemoveAll(address => address.Scheme != best);
        return addresses is [] ? [name.PassedThrough] : addresses;
    }

    private static Uri Parse(IConfigurationSection value, IReadOnlyList<string> schemes)
    {
        var text = value.Value ?? "";
        // A bare host:port has the scheme that was asked for.
        if (!text.Contains("://", StringComparison.Ordinal))
            text = $"{schemes[0]}://{text}";
        return Uri.TryCreate(text, UriKind.Absolute, out var address)
            ? address
            : throw new KeyNotFoundException($"The service endpoint at '{value.Path}' is not an address.");
    }

    private sealed record Resolved(IReadOnlyList<Uri> Addresses, IChangeToken Token)
    {
        private uint _next;

        public Uri Next() => Addresses[(int)(Interlocked.Increment(ref _next) % (uint)Addresses.Count)];
    }
}
