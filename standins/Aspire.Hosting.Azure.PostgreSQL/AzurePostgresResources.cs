using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Azure;

/// <summary>A flexible server.</summary>
public class AzurePostgresFlexibleServerResource : IResourceWithConnectionString
{
    internal AzurePostgresFlexibleServerResource(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => new((string?)null);
}

/// <summary>A database of a flexible server.</summary>
public class AzurePostgresFlexibleServerDatabaseResource : IResourceWithConnectionString
{
    internal AzurePostgresFlexibleServerDatabaseResource(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => new((string?)null);
}
