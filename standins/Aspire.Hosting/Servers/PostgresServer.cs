using System.Globalization;
using Npgsql;

namespace Aspire.Hosting.Servers;

/// <summary>The real PostgreSQL, run as a local process on a data folder of ours.</summary>
internal static class PostgresServer
{
    /// <summary>SIGINT, the fast shutdown: clients are cut off, open work rolled back, the rest written down.</summary>
    private const int FastShutdown = 2;

    /// <summary>Finds or installs the server, makes the data folder if it is new, and says how to start it.</summary>
    /// <param name="dataFolder">
    /// Where the data are kept. As root and where user namespaces are refused, a folder closed to others is replaced by
    /// one below /var/lib/nimbus; the result's working directory is the folder in use.
    /// </param>
    /// <param name="port">On 127.0.0.1.</param>
    /// <param name="userName">The superuser of new data.</param>
    /// <param name="password">Its password in new data; data that are there keep theirs.</param>
    /// <param name="log">Told about what takes long.</param>
    /// <param name="ct">Ends the preparation.</param>
    /// <exception cref="DistributedApplicationException">It cannot run here; one line with the remedy.</exception>
    public static Task<ServerProcess> PrepareAsync(
        string dataFolder, int port, string userName, string password, Action<string> log, CancellationToken ct) =>
        PrepareAsync(Machine.Current, dataFolder, port, userName, password, log, ct);

    public static async Task<ServerProcess> PrepareAsync(
        Machine machine,
        string dataFolder,
        int port,
        string userName,
        string password,
        Action<string> log,
        CancellationToken ct)
    {
        var account = await PostgresAccount.ChooseAsync(machine, ct);
        return await PrepareAsync(account, dataFolder, port, userName, password, log, ct);
    }

    public static async Task<ServerProcess> PrepareAsync(
        PostgresAccount account,
        string dataFolder,
        int port,
        string userName,
        string password,
        Action<string> log,
        CancellationToken ct)
    {
        var folder = account.FolderFor(dataFolder);
        if (folder != Path.GetFullPath(dataFolder).TrimEnd('/'))
            log($"User {account.UserName} cannot reach {dataFolder}: the data are in {folder}");

        var data = new PostgresData(folder, account);
        var dataMajor = data.ReadMajor();
        var cache = account.UserName is null ? account.Machine.CacheFolder : account.Machine.OpenDataFolder;
        var installation = await PostgresFinder.FindOrInstallAsync(account.Machine, cache, dataMajor, log, ct);
        if (dataMajor is null)
            await data.CreateAsync(installation, userName, password, log, ct);
        await data.CheckAsync(installation, ct);
        await data.ReleaseAsync(log, ct);
        return Start(account, installation, folder, port);
    }

    /// <summary>Returns once the server answers a query.</summary>
    /// <exception cref="DistributedApplicationException">It never will with this password: waiting is no remedy.</exception>
    /// <exception cref="NpgsqlException">It does not answer yet.</exception>
    public static async Task CheckAsync(string connectionString, CancellationToken ct)
    {
        await using var connection = await OpenAsync(connectionString, database: null, ct);
        await using var command = new NpgsqlCommand("SELECT 1", connection);
        await command.ExecuteScalarAsync(ct);
    }

    /// <summary>Makes the database unless it is there.</summary>
    /// <param name="connectionString">Of the server, with or without a database in it.</param>
    /// <param name="databaseName">Any name: it is quoted.</param>
    /// <param name="ct">Ends the attempt.</param>
    public static async Task CreateDatabaseAsync(string connectionString, string databaseName, CancellationToken ct)
    {
        await using var connection = await OpenAsync(connectionString, database: "postgres", ct);
        await using var find = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = @name", connection);
        find.Parameters.AddWithValue("name", databaseName);
        if (await find.ExecuteScalarAsync(ct) is not null)
            return;

        // A name cannot be bound.
        var quoted = "\"" + databaseName.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
        await using var create = connection.CreateCommand();
        create.CommandText = "CREATE DATABASE " + quoted;
        try
        {
            await create.ExecuteNonQueryAsync(ct);
        }
        catch (PostgresException exists) when (
            exists.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Somebody else made it between the question and the command.
        }
    }

    private static ServerProcess Start(PostgresAccount account, PostgresInstallation installation, string folder, int port)
    {
        string[] line =
        [
            .. account.ServerPrefix,
            installation.Postgres,
            "-D", folder,
            "-p", port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1",
            // No socket that other users of the machine could open.
            "-c", "unix_socket_directories=",
            // As in the container of real Aspire, whatever the zone of this machine.
            "-c", "timezone=UTC",
            "-c", "log_timezone=UTC",
            // The run's own log puts a time before each line.
            "-c", "log_line_prefix=",
        ];
        return new ServerProcess(
            line[0], line[1..], new Dictionary<string, string> { ["LC_ALL"] = "C" }, folder, FastShutdown);
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, string? database, CancellationToken ct)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5 };
        // The driver would take the user's name, of which there need not be a database.
        settings.Database = database ?? settings.Database ?? "postgres";
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            return connection;
        }
        catch (PostgresException refused) when (
            refused.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            await connection.DisposeAsync();
            throw new DistributedApplicationException(
                $"PostgreSQL on port {settings.Port} refuses the password of user '{settings.Username}': its data were "
                + "made with another one. Give that password again (Parameters:postgres-password), or move the data folder away to "
                + "begin anew.",
                refused);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
