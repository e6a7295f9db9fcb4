namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds conventions to every proxied endpoint.</summary>
public class ReverseProxyConventionBuilder : IEndpointConventionBuilder
{
    private readonly List<Action<EndpointBuilder>> _conventions = [];

    internal ReverseProxyConventionBuilder()
    {
    }

    /// <inheritdoc />
    public void Add(Action<EndpointBuilder> convention) => _conventions.Add(convention);
}
