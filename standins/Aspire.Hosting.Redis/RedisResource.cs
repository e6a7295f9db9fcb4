using System.Globalization;
using Aspire.Hosting.Local;
using Aspire.Hosting.Servers;
using StackExchange.Redis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Redis server.</summary>
public class RedisResource : ContainerResource, IResourceWithConnectionString
{
    private readonly ParameterResource password;

    internal RedisResource(string name, ParameterResource password, int? port)
        : base(name)
    {
        this.password = password;
        Endpoints.Add(new Endpoint { Name = "tcp", Scheme = "tcp", Host = "127.0.0.1", Port = port });
        HealthProbes.Add(new HealthProbe($"{name}_check", async (_, ct) =>
            await RedisServer.CheckAsync(await ConnectionStringAsync(ct), ct)));
    }

    /// <summary>Seconds and changed keys after which a snapshot is written; null for none.</summary>
    internal (long Seconds, long Keys)? Snapshots { get; set; }

    /// <inheritdoc/>
    public async ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        await ConnectionStringAsync(cancellationToken);

    internal override async Task<ServerProcess> PrepareAsync(Launch launch, CancellationToken ct) =>
        await RedisServer.PrepareAsync(
            DataVolume is null ? launch.Folder.Scratch(Name) : launch.Folder.Volume(DataVolume),
            launch.Ports[PrimaryEndpoint.Name],
            await PasswordAsync(ct),
            await FurtherArgumentsAsync(launch, ct),
            launch.Log,
            ct);

    internal override void CheckConfiguration()
    {
        if (ExternalConnectionString is null) return;
        try
        {
            if (ConfigurationOptions.Parse(ExternalConnectionString).EndPoints.Count > 0) return;
        }
        catch (ArgumentException)
        {
            // Said below.
        }

        throw new DistributedApplicationException(
            $"ConnectionStrings__{Name} is no connection string of Redis: write host:port,password=…, " +
            "or remove it to have the server run here.");
    }

    internal override async ValueTask<IReadOnlyList<KeyValuePair<string, string>>> ConnectionPropertiesAsync(CancellationToken ct)
    {
        if (IsElsewhere) return [];
        var (host, port, secret) = (PrimaryEndpoint.Host, PrimaryEndpoint.AllocatedPort, await PasswordAsync(ct));
        return
        [
            new("HOST", host),
            new("PORT", port.ToString(CultureInfo.InvariantCulture)),
            new("PASSWORD", secret),
            new("URI", $"redis://:{Uri.EscapeDataString(secret)}@{host}:{port}"),
        ];
    }

    // AppHost.cs sees the argument list that the real resource starts with; what it adds to that is ours to hand on.
    private async Task<List<string>> FurtherArgumentsAsync(Launch launch, CancellationToken ct)
    {
        List<string> first = ["redis-server", "--requirepass", "$REDIS_PASSWORD"];
        var known = first.Count;
        if (Snapshots is { } s)
            first.AddRange(["--save", s.Seconds.ToString(CultureInfo.InvariantCulture), s.Keys.ToString(CultureInfo.InvariantCulture)]);
        return (await launch.ArgumentsAsync(first, ct))[known..];
    }

    private async Task<string> ConnectionStringAsync(CancellationToken ct) =>
        ExternalConnectionString ?? $"{PrimaryEndpoint.Host}:{PrimaryEndpoint.AllocatedPort},password={await PasswordAsync(ct)}";

    private async Task<string> PasswordAsync(CancellationToken ct) => await password.GetValueAsync(ct) ?? "";
}
