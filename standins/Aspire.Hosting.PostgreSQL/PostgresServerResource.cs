using System.Globalization;
using Aspire.Hosting.Local;
using Aspire.Hosting.Servers;
using Npgsql;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A PostgreSQL server.</summary>
public class PostgresServerResource : ContainerResource, IResourceWithConnectionString
{
    private const string DefaultUserName = "postgres";

    private readonly ParameterResource? userName;
    private readonly ParameterResource password;

    internal PostgresServerResource(string name, ParameterResource? userName, ParameterResource password, int? port)
        : base(name)
    {
        this.userName = userName;
        this.password = password;
        Endpoints.Add(new Endpoint { Name = "tcp", Scheme = "tcp", Host = "127.0.0.1", Port = port });
        HealthProbes.Add(new HealthProbe($"{name}_check", async (_, ct) =>
            await PostgresServer.CheckAsync(await ServerConnectionStringAsync(ct), ct)));
    }

    internal List<PostgresDatabaseResource> Databases { get; } = [];

    /// <inheritdoc/>
    public async ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        await ServerConnectionStringAsync(cancellationToken);

    internal override async Task<ServerProcess> PrepareAsync(Launch launch, CancellationToken ct)
    {
        var server = await PostgresServer.PrepareAsync(
            DataVolume is null ? launch.Folder.Scratch(Name) : launch.Folder.Volume(DataVolume),
            launch.Ports[PrimaryEndpoint.Name],
            await UserNameAsync(ct),
            await PasswordAsync(ct),
            launch.Log,
            ct);
        // The image's entry point hands on to the server what begins with a dash.
        return server with { Arguments = [.. server.Arguments, .. await launch.ArgumentsAsync([], ct)] };
    }

    internal override void CheckConfiguration()
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(ExternalConnectionString);
        }
        catch (ArgumentException e)
        {
            throw new DistributedApplicationException(
                $"ConnectionStrings__{Name} is no connection string of PostgreSQL ({e.Message}): " +
                "write Host=…;Port=…;Username=…;Password=…, or remove it to have the server run here.", e);
        }
    }

    internal override async Task OnReadyAsync(CancellationToken ct)
    {
        foreach (var database in Databases)
            await PostgresServer.CreateDatabaseAsync(await ServerConnectionStringAsync(ct), database.DatabaseName, ct);
    }

    internal async Task<string> ServerConnectionStringAsync(CancellationToken ct) => ExternalConnectionString ??
        $"Host={PrimaryEndpoint.Host};Port={PrimaryEndpoint.AllocatedPort};" +
        $"Username={await UserNameAsync(ct)};Password={await PasswordAsync(ct)}";

    internal override async ValueTask<IReadOnlyList<KeyValuePair<string, string>>> ConnectionPropertiesAsync(CancellationToken ct)
    {
        if (IsElsewhere) return [];
        var (host, port) = (PrimaryEndpoint.Host, PrimaryEndpoint.AllocatedPort);
        var (user, secret) = (await UserNameAsync(ct), await PasswordAsync(ct));
        return
        [
            new("HOST", host),
            new("PORT", port.ToString(CultureInfo.InvariantCulture)),
            new("USERNAME", user),
            new("PASSWORD", secret),
            new("URI", $"postgresql://{Uri.EscapeDataString(user)}:{Uri.EscapeDataString(secret)}@{host}:{port}"),
            new("JDBCCONNECTIONSTRING", $"jdbc:postgresql://{host}:{port}"),
        ];
    }

    private async Task<string> UserNameAsync(CancellationToken ct) =>
        userName is null ? DefaultUserName : await userName.GetValueAsync(ct) ?? DefaultUserName;

    private async Task<string> PasswordAsync(CancellationToken ct) => await password.GetValueAsync(ct) ?? "";
}
