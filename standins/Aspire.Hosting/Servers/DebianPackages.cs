namespace Aspire.Hosting.Servers;

/// <summary>Packages of Debian and Ubuntu, installed without starting daemons or making databases.</summary>
internal static class DebianPackages
{
    /// <summary>As long as an unattended upgrade may hold the package database.</summary>
    private static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LockPause = TimeSpan.FromSeconds(1);

    /// <summary>Lists as fresh as this run are fresh enough for a second package.</summary>
    private static readonly HashSet<string> UpdatedRoots = [];

    private static readonly Dictionary<string, string> AskNothing = new() { ["DEBIAN_FRONTEND"] = "noninteractive" };

    public static bool CanInstall(Machine machine) =>
        machine.IsRoot
        && machine.FindProgram("apt-get") is not null
        && File.Exists(Path.Combine(machine.Root, "etc", "debian_version"));

    /// <param name="machine">Where to install.</param>
    /// <param name="product">The name that people know.</param>
    /// <param name="package">The name that apt-get knows.</param>
    /// <param name="isThere">Asked again once it is our turn: another run may have installed it meanwhile.</param>
    /// <param name="log">Told that it begins.</param>
    /// <param name="ct">Ends the waiting for others; what apt-get has begun it finishes.</param>
    /// <exception cref="DistributedApplicationException">apt-get did not get it.</exception>
    public static async Task InstallAsync(
        Machine machine, string product, string package, Func<Task<bool>> isThere, Action<string> log, CancellationToken ct)
    {
        var temporary = Path.Combine(machine.Root, "tmp");
        using var _ = await ExclusiveFile.OpenAsync(Path.Combine(temporary, "nimbus-install.lock"), ct);
        if (await isThere())
            return;

        log($"{product} is not on this machine: installing {package} with apt-get (about a minute, once)");
        using var noDaemons = new TemporaryFile(
            Path.Combine(machine.Root, "usr", "sbin", "policy-rc.d"),
            "#!/bin/sh\n# Nimbus: no daemon starts while a package is installed; what was here comes back after.\nexit 101\n",
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        using var noCluster = new TemporaryFile(
            Path.Combine(machine.Root, "etc", "postgresql-common", "createcluster.d", "nimbus.conf"),
            "create_main_cluster = false\n",
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        // Held by the lock above: one at a time reads and writes the set.
        var update = UpdatedRoots.Contains(machine.Root) ? new Command(0, []) : await AptGetAsync(machine, ["update"], ct);
        if (update.Succeeded)
            UpdatedRoots.Add(machine.Root);
        var install = await AptGetAsync(machine, ["install", "--yes", "--no-install-recommends", package], ct);
        if (!install.Succeeded)
            throw new DistributedApplicationException(
                $"apt-get install {package} failed: {Reason(install)}"
                + (update.Succeeded ? "" : $"; apt-get update failed: {Reason(update)}"));
    }

    private static async Task<Command> AptGetAsync(Machine machine, string[] arguments, CancellationToken ct)
    {
        var giveUpAt = DateTime.UtcNow + LockPatience;
        while (true)
        {
            // A package half unpacked is worse than a slow Ctrl-C: what has begun is let finish.
            ct.ThrowIfCancellationRequested();
            var command = await Command.RunAsync(
                machine.FindProgram("apt-get")!, ["--quiet", .. arguments], CancellationToken.None, AskNothing);
            var locked = command.Output.Any(line => line.Contains("Could not get lock", StringComparison.Ordinal)
                || line.Contains("Unable to lock", StringComparison.Ordinal));
            if (command.Succeeded || !locked || DateTime.UtcNow >= giveUpAt)
                return command;

            await Task.Delay(LockPause, ct);
        }
    }

    private static string Reason(Command command) =>
        command.Output.FirstOrDefault(line => line.StartsWith("E: ", StringComparison.Ordinal)) ?? command.LastLine;
}
