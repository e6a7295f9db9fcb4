using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Nimbus.AppHost;

Console.WriteLine(Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>()
    .First(a => a.Key == "PlatformHalf").Value);

// Taken out, since configuration would read what stands behind it as its value.
const string Demo = "--demo";
var builder = DistributedApplication.CreateBuilder([.. args.Where(a => a != Demo)]);
var keepsData = !builder.Configuration.GetValue<bool>("Nimbus:Ephemeral");

// Secrets: made on the first local run and kept in the user secrets; asked for at deployment.
var jwtSecret = builder.AddParameter(
    "jwt-secret", new GenerateParameterDefault { MinLength = 48 }, secret: true, persist: true);
var masterKey = builder.AddParameter(
    "master-key", new GenerateParameterDefault { MinLength = 48 }, secret: true, persist: true);

// Stores: servers in containers here, managed ones in Azure.
var (identityDb, eventsDb, redis) = builder.ExecutionContext.IsPublishMode ? builder.AddAzureStores() : AddServers();

// What questions read of eventsdb they read from a streaming replica, where there is one: `-- --ConnectionStrings:eventsdb-read=…`.
var eventsReplica = builder.Configuration.GetConnectionString("eventsdb-read") is null ? null : builder.AddConnectionString("eventsdb-read");

// Services. How many there are of each: `-- --Replicas:ingest=3`.
var identity = builder.AddProject<Projects.Nimbus_IdentityService>("identity")
    .WithReference(identityDb).WaitFor(identityDb)
    .WithReference(redis).WaitFor(redis)
    .WithEnvironment("Nimbus__Jwt__Secret", jwtSecret)
    .WithEnvironment("Nimbus__MasterKey", masterKey)
    .WithReplicas(Replicas("identity"))
    .WithHttpHealthCheck("/readiness");

var ingest = builder.AddProject<Projects.Nimbus_IngestService>("ingest")
    .WithReference(eventsDb).WaitFor(eventsDb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(identity).WaitFor(identity)
    .WithEnvironment("Nimbus__Jwt__Secret", jwtSecret)
    .WithEnvironment("Nimbus__MasterKey", masterKey)
    .WithReplicas(Replicas("ingest"))
    .WithHttpHealthCheck("/readiness");

// The same program in its other role: from the stream into the database. Its endpoint serves health and metrics only.
var writer = builder.AddProject<Projects.Nimbus_IngestService>("ingest-writer", project => project.ExcludeLaunchProfile = true)
    .WithArgs("--role", "writer")
    .WithHttpEndpoint()
    .WithReference(eventsDb).WaitFor(eventsDb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(identity).WaitFor(identity)
    .WithEnvironment("Nimbus__Jwt__Secret", jwtSecret)
    .WithEnvironment("Nimbus__MasterKey", masterKey)
    .WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
    .WithReplicas(Replicas("ingest-writer"))
    .WithHttpHealthCheck("/readiness");

// The one public address.
var gateway = builder.AddProject<Projects.Nimbus_Gateway>("gateway")
    .WithReference(identity).WaitFor(identity)
    .WithReference(ingest).WaitFor(ingest)
    .WithReference(redis).WaitFor(redis)
    .WithEnvironment("Nimbus__Jwt__Secret", jwtSecret)
    .WithReplicas(Replicas("gateway"))
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/readiness");

// A query service has its own part of the projects, and files of them; so several are not replicas, of which nobody can choose
// one, but resources with names, and the gateway asks each about its own projects.
var queries = Enumerable.Range(0, Replicas("query")).Select(n => AddQuery(Replicas("query") == 1 ? "query" : $"query-{n}")).ToList();
foreach (var (n, query) in queries.Index())
{
    gateway.WithReference(query).WaitFor(query)
        .WithEnvironment($"ReverseProxy__Clusters__query__Destinations__query{(n == 0 ? "" : $"-{n}")}__Address", $"https+http://{query.Resource.Name}");
    // It asks how far the engine's files are rid of people who were erased.
    writer.WithReference(query);
}
gateway.WithEnvironment("ReverseProxy__Clusters__query__HealthCheck__Active__Enabled", queries.Count > 1 ? "true" : "false");
writer.WithEnvironment("Nimbus__Erasure__QueryServices", string.Join(',', queries.Select(query => query.Resource.Name)));

// What is set for AppHost below Nimbus: is set for every service: `-- --Nimbus:RateLimit:Enabled=false`. The two secrets
// are parameters, above.
if (builder.ExecutionContext.IsRunMode)
{
    var settings = builder.Configuration.GetSection("Nimbus").AsEnumerable()
        .Where(setting => setting.Value is not null && setting.Key is not ("Nimbus:Jwt:Secret" or "Nimbus:MasterKey"));
    foreach (var (name, value) in settings)
        foreach (var service in (IResourceBuilder<ProjectResource>[])[identity, ingest, writer, .. queries, gateway])
            service.WithEnvironment(name.Replace(":", "__", StringComparison.Ordinal), value);

    // The engine's files, of each query service in a folder of its own; without a folder they are made anew at every start.
    var engine = builder.Configuration["Nimbus:Engine:Folder"] ?? (keepsData ? Path.Combine("..", ".nimbus", "engine") : null);
    foreach (var query in queries.Where(_ => engine is not null))
        query.WithEnvironment("Nimbus__Engine__Folder", Path.GetFullPath(Path.Combine(engine!, query.Resource.Name), builder.AppHostDirectory));
}

// In Azure: how many replicas, by how many requests at once, and HTTPS alone. The managed Redis writes its file about once a
// second, so a 202 waits for PostgreSQL's commit.
if (builder.ExecutionContext.IsPublishMode)
{
    identity.InAzure(most: 3, requests: 50);
    ingest.InAzure(most: 10, requests: 50).WithEnvironment("Nimbus__Ingest__AckAfter", "Database");
    writer.InAzure(most: 1);
    foreach (var query in queries)
        query.InAzure(most: 1);
    gateway.InAzure(most: 10, requests: 100).RefusingPlainHttp();
}

// `-- --demo`: an account and a project with made-up traffic until stopped.
if (args.Contains(Demo))
{
    builder.AddProject<Projects.Nimbus_Cli>("demo")
        .WithArgs("demo")
        .WithReference(gateway).WaitFor(gateway);
}

builder.Build().Run();

int Replicas(string service) => builder.Configuration.GetValue($"Replicas:{service}", 1);

IResourceBuilder<ProjectResource> AddQuery(string name)
{
    // The one port of the launch profile is for the only one.
    var isOnly = name == "query";
    var query = builder.AddProject<Projects.Nimbus_QueryService>(name, project => project.ExcludeLaunchProfile = !isOnly)
        .WithReference(eventsDb).WaitFor(eventsDb)
        .WithReference(redis).WaitFor(redis)
        .WithReference(identity).WaitFor(identity)
        .WaitFor(ingest) // which brings the schema of eventsdb up to date
        .WithEnvironment("Nimbus__Jwt__Secret", jwtSecret);
    if (!isOnly)
        query.WithHttpEndpoint().WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName);
    if (eventsReplica is not null)
        query.WithReference(eventsReplica);
    return query.WithHttpHealthCheck("/readiness");
}

(IResourceBuilder<IResourceWithConnectionString> Identity, IResourceBuilder<IResourceWithConnectionString> Events, IResourceBuilder<IResourceWithConnectionString> Redis) AddServers()
{
    // Their passwords are generated and kept likewise, since a volume goes on asking for the one it was made with. What is
    // erased has to leave the write-ahead log too, so files of it are deleted when they are done with, not used again.
    var postgres = builder.AddPostgres("postgres").WithArgs("-c", "wal_recycle=off");
    // A 202 means that Redis has the event on disk, so every write is appended and synced; persistence by snapshots alone
    // would lose up to a minute. Nothing may be evicted: the stream is not a cache.
    var redis = builder.AddRedis("redis").WithArgs("--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction");
    if (keepsData)
    {
        postgres.WithDataVolume().WithLifetime(ContainerLifetime.Persistent);
        redis.WithDataVolume().WithLifetime(ContainerLifetime.Persistent);
    }
    return (postgres.AddDatabase("identitydb"), postgres.AddDatabase("eventsdb"), redis);
}
