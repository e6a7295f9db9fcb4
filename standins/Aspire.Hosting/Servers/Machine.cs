namespace Aspire.Hosting.Servers;

/// <summary>Where this computer keeps its programs, and what we may do on it. Tests make one of a scratch folder.</summary>
internal sealed record Machine
{
    public static Machine Current { get; } = new()
    {
        Root = "/",
        SearchPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
        IsRoot = !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess,
        CacheFolder = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
            ".cache", "nimbus"),
    };

    /// <summary>Parent of <c>etc</c>, <c>usr</c> and <c>var</c>.</summary>
    public required string Root { get; init; }

    /// <summary>The folders of PATH, in order.</summary>
    public required IReadOnlyList<string> SearchPath { get; init; }

    public required bool IsRoot { get; init; }

    /// <summary>What may be lost and fetched again.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Data that the user of another process has to reach while our own folders are closed to it.</summary>
    public string OpenDataFolder => Path.Combine(Root, "var", "lib", "nimbus");

    /// <summary>The program's full path, or null where it is not installed.</summary>
    public string? FindProgram(string name) =>
        SearchPath.Select(folder => Path.Combine(folder, name)).FirstOrDefault(IsExecutable);

    public static bool IsExecutable(string path) =>
        File.Exists(path)
        && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0);
}
