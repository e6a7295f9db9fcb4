namespace Aspire.Hosting.Servers;

/// <summary>A file that is there until disposed, when what was there before comes back.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string path;
    private readonly string saved;
    private readonly string? madeFolder;

    public TemporaryFile(string path, string content, UnixFileMode mode)
    {
        this.path = path;
        saved = path + ".nimbus-saved";
        madeFolder = FirstMissingFolder(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // What a run that was killed left behind is ours, and no original to bring back.
        if (File.Exists(path) && !File.Exists(saved) && File.ReadAllText(path) != content)
            File.Move(path, saved);
        File.WriteAllText(path, content);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
    }

    public void Dispose()
    {
        File.Delete(path);
        if (File.Exists(saved))
            File.Move(saved, path);
        DeleteEmptyFolders();
    }

    private static string? FirstMissingFolder(string path)
    {
        string? missing = null;
        for (var folder = Path.GetDirectoryName(path);
            folder is not null && !Directory.Exists(folder);
            folder = Path.GetDirectoryName(folder))
            missing = folder;
        return missing;
    }

    /// <summary>Takes away the folders made for the file, unless somebody else put something there meanwhile.</summary>
    private void DeleteEmptyFolders()
    {
        if (madeFolder is null)
            return;
        for (var folder = Path.GetDirectoryName(path)!;
            folder.StartsWith(madeFolder, StringComparison.Ordinal) && !Directory.EnumerateFileSystemEntries(folder).Any();
            folder = Path.GetDirectoryName(folder)!)
            Directory.Delete(folder);
    }
}
