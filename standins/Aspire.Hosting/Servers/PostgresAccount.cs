using System.Security.Cryptography;
using System.Text;

namespace Aspire.Hosting.Servers;

/// <summary>The user that PostgreSQL runs as: it refuses to be root.</summary>
/// <param name="Prefix">The command line that runs another one as that user; empty where we are no root ourselves.</param>
/// <param name="UserName">The other user, or null where the files are our own.</param>
internal sealed record PostgresAccount(Machine Machine, IReadOnlyList<string> Prefix, string? UserName)
{
    /// <summary>Who may own files for nothing else: the first comes with Debian's package, most systems have the other.</summary>
    private static readonly string[] OtherUsers = ["postgres", "nobody"];

    /// <exception cref="DistributedApplicationException">We are root, and there is no way not to be.</exception>
    public static async Task<PostgresAccount> ChooseAsync(Machine machine, CancellationToken ct) =>
        !machine.IsRoot
            ? new PostgresAccount(machine, [], null)
            : await InUserNamespaceAsync(machine, ct) ?? await AsOtherUserAsync(machine, ct);

    /// <summary>A namespace in which root has another number: the files stay ours, and may be closed to others.</summary>
    public static async Task<PostgresAccount?> InUserNamespaceAsync(Machine machine, CancellationToken ct)
    {
        if (machine.FindProgram("unshare") is not { } unshare)
            return null;

        foreach (var user in OtherUsers)
        {
            // A user that exists, since initdb looks its name up: a new machine has none of the number 1000.
            var number = await Command.RunAsync("id", ["--user", user], ct);
            if (!number.Succeeded)
                continue;

            // Refused by the kernel or a container's seccomp profile on some machines: trying is the only way to know.
            string[] prefix = [unshare, "--user", $"--map-user={number.LastLine}", $"--map-group={number.LastLine}", "--"];
            if ((await Command.RunAsync(prefix[0], [.. prefix[1..], "true"], ct)).Succeeded)
                return new PostgresAccount(machine, prefix, null);
        }
        return null;
    }

    public static async Task<PostgresAccount> AsOtherUserAsync(Machine machine, CancellationToken ct)
    {
        foreach (var user in OtherUsers)
        {
            if (machine.FindProgram("setpriv") is not { } setpriv)
                break;

            var group = await Command.RunAsync("id", ["--group", user], ct);
            if (!group.Succeeded)
                continue;

            string[] prefix = [setpriv, $"--reuid={user}", $"--regid={group.LastLine}", "--clear-groups", "--"];
            if ((await Command.RunAsync(prefix[0], [.. prefix[1..], "true"], ct)).Succeeded)
                return new PostgresAccount(machine, prefix, user);
        }
        throw new DistributedApplicationException(
            "PostgreSQL refuses to run as root, and neither unshare nor setpriv works here to run it as another user: "
            + "start Nimbus as a user that is not root, or install util-linux.");
    }

    /// <summary>The command line that starts the server itself, which is to end with the one that starts it.</summary>
    /// <remarks>
    /// A change of user clears the signal that a child gets when its parent dies, so setpriv sets it anew. It is sent
    /// when the starting *thread* ends, so it is not for tools, which are started from threads that come and go.
    /// </remarks>
    public IReadOnlyList<string> ServerPrefix =>
        UserName is null || Prefix.Count == 0 ? Prefix : [.. Prefix.SkipLast(1), "--pdeathsig=INT", "--"];

    /// <summary>Where data meant for that folder is kept so that the server can reach it.</summary>
    public string FolderFor(string folder)
    {
        var wanted = Path.GetFullPath(folder).TrimEnd('/');
        if (UserName is null || IsOpen(Path.GetDirectoryName(wanted)!))
            return wanted;

        // The hash keeps two checkouts apart whose folders have the same name.
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(wanted)))[..12];
        return Path.Combine(Machine.OpenDataFolder, $"{Path.GetFileName(wanted)}-{hash}");
    }

    public Task<Command> RunAsync(string fileName, IEnumerable<string> arguments, CancellationToken ct)
    {
        string[] line = [.. Prefix, fileName, .. arguments];
        return Command.RunAsync(line[0], line[1..], ct);
    }

    /// <summary>Makes a folder that only the server's user can open.</summary>
    public async Task MakeFolderAsync(string folder, CancellationToken ct)
    {
        PrivateFiles.MakeFolder(folder);
        await GiveAsync(folder, ct);
    }

    /// <summary>Writes a file that only the server's user can read.</summary>
    public async Task WriteFileAsync(string path, string content, CancellationToken ct)
    {
        PrivateFiles.Write(path, content);
        await GiveAsync(path, ct);
    }

    /// <summary>Whether the server may use what is in the folder.</summary>
    /// <param name="path">A file of the data.</param>
    /// <param name="ct">Ends the question.</param>
    /// <returns>Null where it may, else the number of the user that owns it.</returns>
    public async Task<string?> ForeignOwnerAsync(string path, CancellationToken ct)
    {
        var expected = await Command.RunAsync("id", UserName is null ? ["-u"] : ["-u", UserName], ct);
        string[] format = OperatingSystem.IsMacOS() ? ["-f", "%u"] : ["-c", "%u"];
        var owner = await Command.RunAsync("stat", [.. format, path], ct);
        return !owner.Succeeded || owner.LastLine == expected.LastLine ? null : owner.LastLine;
    }

    private async Task GiveAsync(string path, CancellationToken ct)
    {
        if (UserName is null)
            return;
        var command = await Command.RunAsync("chown", [UserName, path], ct);
        if (!command.Succeeded)
            throw new DistributedApplicationException($"{path} cannot be given to user {UserName}: {command.LastLine}");
    }

    /// <summary>Whether any user can pass through the folder and those above it.</summary>
    private static bool IsOpen(string folder)
    {
        for (var above = new DirectoryInfo(folder); above is not null; above = above.Parent)
        {
            // A folder not made yet will be made open.
            if (above.Exists && (above.UnixFileMode & UnixFileMode.OtherExecute) == 0)
                return false;
        }
        return true;
    }
}
