using Aspire.Hosting.Local;
using Aspire.Hosting.Servers;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>One database of a server; made at the server's first healthy moment.</summary>
public class PostgresDatabaseResource : Resource, IResourceWithConnectionString
{
    private readonly PostgresServerResource server;

    internal PostgresDatabaseResource(string name, string databaseName, PostgresServerResource server)
        : base(name)
    {
        this.server = server;
        DatabaseName = databaseName;
        HealthProbes.Add(new HealthProbe($"{name}_check", async (_, ct) =>
            await PostgresServer.CheckAsync(await GetConnectionStringAsync(ct) ?? "", ct)));
    }

    /// <summary>Its name on the server.</summary>
    public string DatabaseName { get; }

    internal override string ResourceType => "PostgresDatabase";

    internal override Resource Parent => server;

    /// <inheritdoc/>
    public async ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        $"{await server.ServerConnectionStringAsync(cancellationToken)};Database={DatabaseName}";

    internal override async ValueTask<IReadOnlyList<KeyValuePair<string, string>>> ConnectionPropertiesAsync(CancellationToken ct) =>
    [
        .. (await server.ConnectionPropertiesAsync(ct)).Select(p => p.Key is "URI" or "JDBCCONNECTIONSTRING"
            ? new KeyValuePair<string, string>(p.Key, $"{p.Value}/{Uri.EscapeDataString(DatabaseName)}")
            : p),
        new("DATABASENAME", DatabaseName),
    ];
}
