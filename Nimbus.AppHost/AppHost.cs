using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

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

// Stores. Their passwords are generated and kept likewise, since a volume goes on asking for the one it was made with.
// What is erased has to leave the write-ahead log too, so files of it are deleted when they are done with, not used again.
var postgres = builder.AddPostgres("postgres").WithArgs("-c", "wal_recycle=off");
var identityDb = postgres.AddDatabase("identitydb");
var eventsDb = postgres.AddDatabase("eventsdb");

// A 202 means that Redis has the event on disk, so every write is appended and synced; persistence by snapshots alone
// would lose up to a minute. Nothing may be evicted: the stream is not a cache.
var redis = builder.AddRedis("redis").WithArgs(AppendOnly);

if (keepsData)
{
    postgres.WithDataVolume().WithLifetime(ContainerLifetime.Persistent);
    redis.WithDataVolume().WithLifetime(ContainerLifetime.Persistent);
}

// Services.
var identity = builder.AddProject<Projects.Nimbus_IdentityService>("identity")
    .WithReference(identityDb).WaitFor(identityDb)
    .WithReference(redis).WaitFor(redis)
    .WithEnvironment("Nimbus__Jwt__Secret", jwtSecret)
    .WithEnvironment("Nimbus__MasterKey", masterKey)
    .WithHttpHealthCheck("/readiness");

var ingest = builder.AddProject<Projects.Nimbus_IngestService>("ingest")
    .WithReference(eventsDb).WaitFor(eventsDb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(identity).WaitFor(identity)
    .WithEnvironment("Nimbus__Jwt__Secret", jwtSecret)
    .WithEnvironment("Nimbus__MasterKey", masterKey)
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
    .WithHttpHealthCheck("/readiness");

var query = builder.AddProject<Projects.Nimbus_QueryService>("query")
    .WithReference(eventsDb).WaitFor(eventsDb)
    .WithReference(redis).WaitFor(redis)
    .WithReference(identity).WaitFor(identity)
    .WaitFor(ingest) // which brings the schema of eventsdb up to date
    .WithEnvironment("Nimbus__Jwt__Secret", jwtSecret)
    .WithHttpHealthCheck("/readiness");

// The engine's files; without a folder they are made anew at every start.
if (keepsData && builder.ExecutionContext.IsRunMode)
{
    query.WithEnvironment(
        "Nimbus__Engine__Folder", Path.GetFullPath(Path.Combine("..", ".nimbus", "engine", query.Resource.Name), builder.AppHostDirectory));
}

// It asks how far the engine's files are rid of people who were erased.
writer.WithReference(query);

// The one public address.
var gateway = builder.AddProject<Projects.Nimbus_Gateway>("gateway")
    .WithReference(identity).WaitFor(identity)
    .WithReference(ingest).WaitFor(ingest)
    .WithReference(query).WaitFor(query)
    .WithReference(redis).WaitFor(redis)
    .WithEnvironment("Nimbus__Jwt__Secret", jwtSecret)
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/readiness");

// What is set for AppHost below Nimbus: is set for every service: `-- --Nimbus:RateLimit:Enabled=false`. The two secrets
// are parameters, above.
if (builder.ExecutionContext.IsRunMode)
{
    var settings = builder.Configuration.GetSection("Nimbus").AsEnumerable()
        .Where(setting => setting.Value is not null && setting.Key is not ("Nimbus:Jwt:Secret" or "Nimbus:MasterKey"));
    foreach (var (name, value) in settings)
        foreach (var service in (IResourceBuilder<ProjectResource>[])[identity, ingest, writer, query, gateway])
            service.WithEnvironment(name.Replace(":", "__", StringComparison.Ordinal), value);
}

// `-- --demo`: an account and a project with made-up traffic until stopped.
if (args.Contains(Demo))
{
    builder.AddProject<Projects.Nimbus_Cli>("demo")
        .WithArgs("demo")
        .WithReference(gateway).WaitFor(gateway);
}

builder.Build().Run();

// Run here, the server gets its arguments one by one. Published, they are one string for a shell, the list's last item,
// and an item behind that one would be the shell's, which ignores it.
static void AppendOnly(CommandLineArgsCallbackContext context)
{
    string[] durable = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"];
    if (context.ExecutionContext.IsRunMode)
    {
        foreach (var argument in durable) context.Args.Add(argument);
    }
    else
    {
        context.Args[^1] = $"{context.Args[^1]} {string.Join(' ', durable)}";
    }
}
