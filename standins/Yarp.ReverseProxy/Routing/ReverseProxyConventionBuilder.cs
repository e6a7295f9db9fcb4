namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds conventions to every proxied endpoint.</summary>
public class ReverseProxyConventionBuilder : IEndpointConventionBuilder
{
    private readonly List<Action<EndpointBuilder>> _conventions;

    internal ReverseProxyConventionBuilder(List<Action<EndpointBuilder>> conventions) => _conventions = conventions;

    /// <inheritdoc />
    public void Add(Action<EndpointBuilder> convention) => _conventions.Add(convention);
}
