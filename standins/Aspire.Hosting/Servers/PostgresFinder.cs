namespace Aspire.Hosting.Servers;

/// <summary>Finds PostgreSQL on the machine, or brings it there.</summary>
internal static class PostgresFinder
{
    /// <param name="machine">Where to look.</param>
    /// <param name="cacheFolder">Where a fetched copy is kept.</param>
    /// <param name="dataMajor">The version that made the data, which alone can read it; null for new data.</param>
    /// <param name="log">Told about what takes long.</param>
    /// <param name="ct">Ends the search.</param>
    /// <exception cref="DistributedApplicationException">There is none, and no way to get one.</exception>
    public static async Task<PostgresInstallation> FindOrInstallAsync(
        Machine machine, string cacheFolder, int? dataMajor, Action<string> log, CancellationToken ct)
    {
        if (await FindAsync(machine, cacheFolder, dataMajor, ct) is { } found)
            return found;

        var failures = new List<string>();
        if (DebianPackages.CanInstall(machine))
        {
            await TryAsync(
                () => DebianPackages.InstallAsync(
                    machine,
                    "PostgreSQL",
                    "postgresql",
                    async () => await FindAsync(machine, cacheFolder, dataMajor, ct) is not null,
                    log,
                    ct),
                failures);
            if (await FindAsync(machine, cacheFolder, dataMajor, ct) is { } installed)
                return installed;
        }
        if (EmbeddedPostgres.CanInstall(machine))
        {
            await TryAsync(() => EmbeddedPostgres.InstallAsync(machine, cacheFolder, log, ct), failures);
            if (await FindAsync(machine, cacheFolder, dataMajor, ct) is { } fetched)
                return fetched;
        }

        var tried = failures.Count == 0 ? "" : $" (tried: {string.Join("; ", failures)})";
        throw new DistributedApplicationException(
            $"PostgreSQL {PostgresInstallation.OldestMajor} or newer is not on this machine{tried}. Install it (Debian and "
            + "Ubuntu: apt-get install postgresql), or install npm, or run on real Aspire with Docker, or give "
            + "the connection string of a server of yours as ConnectionStrings__postgres.");
    }

    /// <summary>The one that fits the data; for new data the first on PATH, else the newest of the usual places.</summary>
    public static async Task<PostgresInstallation?> FindAsync(
        Machine machine, string cacheFolder, int? dataMajor, CancellationToken ct)
    {
        PostgresInstallation? other = null;
        foreach (var folder in BinFolders(machine, cacheFolder).Distinct())
        {
            var found = await PostgresInstallation.ProbeAsync(folder, ct);
            if (found is null || found.Major < PostgresInstallation.OldestMajor)
                continue;
            if (dataMajor is null || found.Major == dataMajor)
                return found;
            other ??= found;
        }
        // Not null though it does not fit: the data's own check then names both versions.
        return other;
    }

    private static IEnumerable<string> BinFolders(Machine machine, string cacheFolder)
    {
        // PATH may hold a link to postgres alone, with initdb beside the real file only.
        foreach (var folder in machine.SearchPath)
        {
            var postgres = new FileInfo(Path.Combine(folder, "postgres"));
            if (postgres.Exists)
                yield return Path.GetDirectoryName(postgres.ResolveLinkTarget(returnFinalTarget: true)?.FullName)
                    ?? folder;
        }

        var packaged = Path.Combine(machine.Root, "usr", "lib", "postgresql");
        if (Directory.Exists(packaged))
        {
            var newestFirst = Directory.GetDirectories(packaged)
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var major) ? major : 0);
            foreach (var folder in newestFirst)
                yield return Path.Combine(folder, "bin");
        }

        yield return EmbeddedPostgres.BinFolder(cacheFolder);
    }

    private static async Task TryAsync(Func<Task> install, List<string> failures)
    {
        try
        {
            await install();
        }
        catch (DistributedApplicationException failure)
        {
            failures.Add(failure.Message);
        }
    }
}
