using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Azure;

namespace Aspire.Hosting
{
    /// <summary>Adds a managed Redis of Azure's. It is asked for where a deployment is described, which a stand-in never does.</summary>
    public static class AzureManagedRedisExtensions
    {
        /// <summary>Adds it.</summary>
        public static IResourceBuilder<AzureManagedRedisResource> AddAzureManagedRedis(this IDistributedApplicationBuilder builder, string name) =>
            throw new DistributedApplicationException($"{name} is made by real Aspire only.");

        /// <summary>Has it take an access key.</summary>
        public static IResourceBuilder<AzureManagedRedisResource> WithAccessKeyAuthentication(this IResourceBuilder<AzureManagedRedisResource> builder) => builder;
    }
}

namespace Aspire.Hosting.Azure
{
    /// <summary>A managed Redis.</summary>
    public class AzureManagedRedisResource : IResourceWithConnectionString
    {
        internal AzureManagedRedisResource(string name) => Name = name;

        /// <inheritdoc/>
        public string Name { get; }

        /// <inheritdoc/>
        public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => new((string?)null);
    }
}
