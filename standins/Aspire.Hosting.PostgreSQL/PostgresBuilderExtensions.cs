using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Adds PostgreSQL.</summary>
public static class PostgresBuilderExtensions
{
    /// <summary>Adds a server.</summary>
    /// <param name="userName">The superuser; "postgres" without.</param>
    /// <param name="password">Its password; one that is generated and kept in the user secrets without.</param>
    /// <param name="port">Where it listens; any free port without.</param>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null) =>
        builder.AddResource(new PostgresServerResource(
            name,
            userName?.Resource,
            password?.Resource ?? ParameterResourceBuilderExtensions.DefaultPassword(builder, $"{name}-password", special: true),
            port)
        {
            ExternalConnectionString = builder.Configuration.GetConnectionString(name),
        });

    /// <summary>Adds a database to the server.</summary>
    /// <param name="databaseName">Its name on the server; the resource's without.</param>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        builder.Resource.Databases.Add(database);
        return builder.ApplicationBuilder.AddResource(database);
    }

    /// <summary>Keeps the data from one run to the next.</summary>
    public static IResourceBuilder<PostgresServerResource> WithDataVolume(
        this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false)
    {
        if (isReadOnly) throw new DistributedApplicationException($"'{builder.Resource.Name}' cannot run on data it must not write.");
        builder.Resource.DataVolume = name ?? $"{builder.Resource.Name}-data";
        return builder;
    }
}
