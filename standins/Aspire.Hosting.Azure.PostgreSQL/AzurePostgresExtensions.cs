using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Azure;

namespace Aspire.Hosting;

/// <summary>Adds a managed PostgreSQL of Azure's. It is asked for where a deployment is described, which a stand-in never does.</summary>
public static class AzurePostgresExtensions
{
    /// <summary>Adds a flexible server.</summary>
    public static IResourceBuilder<AzurePostgresFlexibleServerResource> AddAzurePostgresFlexibleServer(
        this IDistributedApplicationBuilder builder, string name) => throw new DistributedApplicationException($"{name} is made by real Aspire only.");

    /// <summary>Has it take a name and a password, which are made where none are given.</summary>
    public static IResourceBuilder<AzurePostgresFlexibleServerResource> WithPasswordAuthentication(
        this IResourceBuilder<AzurePostgresFlexibleServerResource> builder,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null) => builder;

    /// <summary>Adds a database to it.</summary>
    public static IResourceBuilder<AzurePostgresFlexibleServerDatabaseResource> AddDatabase(
        this IResourceBuilder<AzurePostgresFlexibleServerResource> builder, string name, string? databaseName = null) =>
        throw new DistributedApplicationException($"{name} is made by real Aspire only.");
}
