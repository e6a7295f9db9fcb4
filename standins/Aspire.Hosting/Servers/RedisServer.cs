using System.Globalization;
using StackExchange.Redis;

namespace Aspire.Hosting.Servers;

/// <summary>The real Redis (or Valkey), run as a local process.</summary>
internal static class RedisServer
{
    /// <summary>SIGTERM: the append-only file is written down to the disk first.</summary>
    private const int Terminate = 15;

    private static readonly string[] Programs = ["redis-server", "valkey-server"];

    /// <summary>Finds or installs the server and says how to start it.</summary>
    /// <param name="dataFolder">
    /// Where it keeps its data; null for a folder of its own among the system's temporary ones, which is the result's
    /// working directory and the caller's to delete.
    /// </param>
    /// <param name="port">On 127.0.0.1.</param>
    /// <param name="password">Empty for none.</param>
    /// <param name="extraArguments">Arguments of <c>redis-server</c>; they win over ours.</param>
    /// <param name="log">Told about what takes long.</param>
    /// <param name="ct">Ends the preparation.</param>
    /// <exception cref="DistributedApplicationException">It cannot run here; one line with the remedy.</exception>
    public static Task<ServerProcess> PrepareAsync(
        string? dataFolder,
        int port,
        string password,
        IReadOnlyList<string> extraArguments,
        Action<string> log,
        CancellationToken ct) =>
        PrepareAsync(Machine.Current, dataFolder, port, password, extraArguments, log, ct);

    public static async Task<ServerProcess> PrepareAsync(
        Machine machine,
        string? dataFolder,
        int port,
        string password,
        IReadOnlyList<string> extraArguments,
        Action<string> log,
        CancellationToken ct)
    {
        var program = await FindOrInstallAsync(machine, log, ct);
        var folder = dataFolder is null
            ? Directory.CreateTempSubdirectory("nimbus-redis-").FullName
            : PrivateFiles.MakeFolder(dataFolder);
        // Two servers appending to one file would ruin it, and Redis has no lock of its own against that.
        await FolderUsers.WaitUntilGoneAsync(folder, FolderUsers.StopPatience, log, ct);

        var settings = Path.Combine(folder, "nimbus.conf");
        PrivateFiles.Write(settings, Settings(password));
        string[] arguments =
        [
            settings,
            "--bind", "127.0.0.1",
            "--port", port.ToString(CultureInfo.InvariantCulture),
            "--protected-mode", "yes",
            "--dir", folder,
            "--appendonly", "yes",
            .. extraArguments,
        ];
        return new ServerProcess(program, arguments, new Dictionary<string, string>(), folder, Terminate);
    }

    /// <summary>Returns once the server answers a ping.</summary>
    /// <exception cref="DistributedApplicationException">It never will with this password: waiting is no remedy.</exception>
    /// <exception cref="IOException">It does not answer yet, or still reads its data.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">It does not listen yet.</exception>
    public static Task CheckAsync(string connectionString, CancellationToken ct)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        return RedisPing.SendAsync(options.EndPoints[0], options.Password, ct);
    }

    private static async Task<string> FindOrInstallAsync(Machine machine, Action<string> log, CancellationToken ct)
    {
        if (Find(machine) is { } found)
            return found;

        var tried = "";
        if (DebianPackages.CanInstall(machine))
        {
            try
            {
                await DebianPackages.InstallAsync(
                    machine, "Redis", "redis-server", () => Task.FromResult(Find(machine) is not null), log, ct);
            }
            catch (DistributedApplicationException failure)
            {
                tried = $" (tried: {failure.Message})";
            }
            if (Find(machine) is { } installed)
                return installed;
        }
        throw new DistributedApplicationException(
            $"Redis is not on this machine{tried}. Install it (Debian and Ubuntu: apt-get install redis-server), or run on "
            + "real Aspire with Docker, or give the connection string of a server of yours as ConnectionStrings__redis.");
    }

    private static string? Find(Machine machine) =>
        Programs.Select(machine.FindProgram).FirstOrDefault(path => path is not null);

    /// <summary>The password in a file: a command line can be read by every user of the machine.</summary>
    private static string Settings(string password)
    {
        var quoted = password
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
        return password.Length == 0 ? "" : $"requirepass \"{quoted}\"\n";
    }
}
