using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Adds Redis.</summary>
public static class RedisBuilderExtensions
{
    /// <summary>Adds a server.</summary>
    /// <param name="port">Where it listens; any free port without.</param>
    /// <param name="password">Its password; one that is generated and kept in the user secrets without.</param>
    public static IResourceBuilder<RedisResource> AddRedis(
        this IDistributedApplicationBuilder builder,
        string name,
        int? port = null,
        IResourceBuilder<ParameterResource>? password = null) =>
        builder.AddResource(new RedisResource(
            name,
            password?.Resource ?? ParameterResourceBuilderExtensions.DefaultPassword(builder, $"{name}-password", special: false),
            port)
        {
            ExternalConnectionString = builder.Configuration.GetConnectionString(name),
        });

    /// <summary>Keeps the data from one run to the next, by snapshots unless said otherwise.</summary>
    public static IResourceBuilder<RedisResource> WithDataVolume(
        this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false)
    {
        if (isReadOnly) throw new DistributedApplicationException($"'{builder.Resource.Name}' cannot run on data it must not write.");
        builder.Resource.DataVolume = name ?? $"{builder.Resource.Name}-data";
        return builder.Resource.Snapshots is null ? builder.WithPersistence() : builder;
    }

    /// <summary>Writes a snapshot when so many keys have changed within the interval: <c>--save</c>, nothing more.</summary>
    /// <param name="interval">A minute without.</param>
    public static IResourceBuilder<RedisResource> WithPersistence(
        this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1)
    {
        builder.Resource.Snapshots = ((long)(interval ?? TimeSpan.FromMinutes(1)).TotalSeconds, keysChangedThreshold);
        return builder;
    }
}
