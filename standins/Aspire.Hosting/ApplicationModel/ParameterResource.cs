namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value from outside: from configuration, or made once and kept.</summary>
public class ParameterResource : Resource
{
    private readonly Lazy<string> value;

    internal ParameterResource(string name, Func<string> value, bool secret)
        : base(name)
    {
        this.value = new Lazy<string>(value);
        Secret = secret;
    }

    /// <summary>Never shown.</summary>
    public bool Secret { get; }

    internal override string ResourceType => "Parameter";

    /// <summary>The value. Throws <see cref="DistributedApplicationException"/> when there is none.</summary>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<string?>(value.Value);
}

/// <summary>A connection string from outside.</summary>
internal sealed class ConnectionStringParameterResource(string name, Func<string> value)
    : ParameterResource(name, value, secret: true), IResourceWithConnectionString
{
    /// <inheritdoc/>
    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => GetValueAsync(cancellationToken);
}
