using Microsoft.Extensions.Options;

namespace Nimbus.QueryService.Engine;

/// <summary>The folder of all projects' files, which one process has for itself.</summary>
public sealed class EngineFolder : IDisposable
{
    private const string LockName = "lock";
    private const string TemporaryPrefix = "nimbus-engine-";

    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private readonly FileStream _lock;
    private readonly bool _isTemporary;

    /// <exception cref="InvalidOperationException">Another process has the folder.</exception>
    public EngineFolder(IOptions<EngineOptions> options)
    {
        _isTemporary = options.Value.Folder is null;
        Path = System.IO.Path.GetFullPath(options.Value.Folder ?? Temporary());
        Directory.CreateDirectory(Path);
        try
        {
            _lock = TakeLock(Path);
        }
        catch (IOException taken)
        {
            throw new InvalidOperationException(
                $"Another process uses {Path}: each query service needs a Nimbus:Engine:Folder of its own.", taken);
        }
    }

    public string Path { get; }

    /// <summary>Where a project's files are, or would be.</summary>
    public string Of(Guid projectId) => System.IO.Path.Combine(Path, projectId.ToString("N"));

    /// <summary>The projects that have files, the last changed first.</summary>
    public IReadOnlyList<Guid> Projects() =>
        [.. new DirectoryInfo(Path).GetDirectories().OrderByDescending(folder => folder.LastWriteTimeUtc)
            .Select(folder => Guid.TryParseExact(folder.Name, "N", out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];

    public void Dispose()
    {
        _lock.Dispose();
        if (_isTemporary)
            TryDelete(Path);
    }

    private static FileStream TakeLock(string folder) =>
        new(System.IO.Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    /// <summary>A new folder; those of processes that were killed are deleted, since there is personal data in them.</summary>
    private static string Temporary()
    {
        foreach (var folder in Directory.GetDirectories(System.IO.Path.GetTempPath(), TemporaryPrefix + "*"))
        {
            // Not one that another process is just about to lock.
            if (DateTime.UtcNow - Directory.GetCreationTimeUtc(folder) < Settled)
                continue;
            try
            {
                TakeLock(folder).Dispose();
            }
            catch (Exception inUse) when (inUse is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            TryDelete(folder);
        }
        return Directory.CreateTempSubdirectory(TemporaryPrefix).FullName;
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception passing) when (passing is IOException or UnauthorizedAccessException)
        {
            // The next start tries again.
        }
    }
}
