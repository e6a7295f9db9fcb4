using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Servers;

/// <summary>A data folder of PostgreSQL: made if new, and looked over before a server is let onto it.</summary>
internal sealed class PostgresData(string folder, PostgresAccount account)
{
    /// <summary>Backends of a postmaster that was killed end by themselves, unless deep in a query.</summary>
    private static readonly TimeSpan OrphanPatience = TimeSpan.FromSeconds(2);

    private string VersionFile => Path.Combine(folder, "PG_VERSION");

    private string PidFile => Path.Combine(folder, "postmaster.pid");

    /// <summary>The PostgreSQL version that made the data; null where there is none yet.</summary>
    /// <exception cref="DistributedApplicationException">The folder holds something else.</exception>
    public int? ReadMajor()
    {
        if (File.Exists(VersionFile))
            return int.Parse(File.ReadAllText(VersionFile).Trim(), CultureInfo.InvariantCulture);
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
            return null;
        throw new DistributedApplicationException(
            $"{folder} is not empty and holds no PostgreSQL data: move it away, or choose another folder.");
    }

    /// <summary>Makes the data, whole or not at all: it is made beside the folder and renamed.</summary>
    public async Task CreateAsync(
        PostgresInstallation installation, string userName, string password, Action<string> log, CancellationToken ct)
    {
        log($"Making a PostgreSQL {installation.Major} database in {folder}");
        var made = folder + ".new";
        var passwordFile = folder + ".password";
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        try
        {
            await account.WriteFileAsync(passwordFile, password, ct);
            string[] arguments =
            [
                "--pgdata", made, "--username", userName, "--pwfile", passwordFile, "--encoding", "UTF8",
                "--auth-host", "scram-sha-256", "--auth-local", "scram-sha-256",
            ];
            // Code point order everywhere, and letters beyond ASCII known as letters where the system can.
            string[][] locales = [["--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C"], ["--no-locale"]];
            var attempt = new Command(1, []);
            foreach (var locale in locales)
            {
                await MakeEmptyAsync(made, ct);
                attempt = await account.RunAsync(installation.InitDb, [.. arguments, .. locale], ct);
                if (attempt.Succeeded)
                    break;
            }
            if (!attempt.Succeeded)
                throw new DistributedApplicationException($"initdb could not make {folder}: {Reason(attempt)}");

            if (Directory.Exists(folder))
                Directory.Delete(folder);
            Directory.Move(made, folder);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    /// <exception cref="DistributedApplicationException">The server cannot use these data.</exception>
    public async Task CheckAsync(PostgresInstallation installation, CancellationToken ct)
    {
        if (ReadMajor() is { } major && major != installation.Major)
            throw new DistributedApplicationException(
                $"The data in {folder} were made by PostgreSQL {major}, and this machine has PostgreSQL "
                + $"{installation.Major}: install PostgreSQL {major}, or move the folder away to begin anew.");
        if (await account.ForeignOwnerAsync(VersionFile, ct) is { } owner)
            throw new DistributedApplicationException(
                $"The data in {folder} belong to user {owner}, as whom the server cannot run now: start Nimbus the "
                + "way it was started when they were made, or move the folder away to begin anew.");
    }

    /// <summary>Clears what a killed server left: backends, and a pid file whose pid may be another's by now.</summary>
    /// <exception cref="DistributedApplicationException">A server still runs on the data.</exception>
    public async Task ReleaseAsync(Action<string> log, CancellationToken ct)
    {
        if (FolderUsers.Find(folder) is { Count: > 0 } users)
        {
            if (ReadPostmasterPid() is not { } postmaster || !users.Contains(postmaster))
                await EndOrphansAsync(log, ct);
            await FolderUsers.WaitUntilGoneAsync(folder, FolderUsers.StopPatience, log, ct);
        }

        // Only where /proc showed that nobody is there: elsewhere PostgreSQL decides by itself.
        if (Directory.Exists("/proc/self") && File.Exists(PidFile))
        {
            log($"PostgreSQL was not stopped in order last time; it recovers {folder} from its log");
            File.Delete(PidFile);
        }
    }

    private async Task EndOrphansAsync(Action<string> log, CancellationToken ct)
    {
        await Task.Delay(OrphanPatience, ct);
        foreach (var orphan in FolderUsers.Find(folder))
        {
            log($"Ending process {orphan}, left over from a PostgreSQL that was killed");
            try
            {
                // Without a postmaster nothing it does can be committed any more; recovery starts from the log.
                using var process = Process.GetProcessById(orphan);
                process.Kill();
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
            {
                // It ended by itself, as it should.
            }
        }
    }

    private int? ReadPostmasterPid() =>
        File.Exists(PidFile) && int.TryParse(File.ReadLines(PidFile).FirstOrDefault(), out var pid) ? pid : null;

    private async Task MakeEmptyAsync(string made, CancellationToken ct)
    {
        if (Directory.Exists(made))
            Directory.Delete(made, recursive: true);
        await account.MakeFolderAsync(made, ct);
    }

    private static string Reason(Command initdb) =>
        initdb.Output.FirstOrDefault(line => line.Contains("error:", StringComparison.Ordinal)
            || line.Contains("FATAL", StringComparison.Ordinal)) ?? initdb.LastLine;
}
