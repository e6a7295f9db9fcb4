using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Aspire.Hosting.Local;

/// <summary>
/// Where a run keeps its data, which one AppHost at a time may hold:
/// <c>data/</c> outlives the run, <c>scratch/</c> does not, <c>processes</c> lists what the run has started.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string ThrowAwayPrefix = "apphost-run-";
    private const string LockName = "lock";

    // A folder younger than this may not have its lock yet.
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly FileStream held;
    private readonly bool throwAway;
    private readonly List<StartedProcess> processes;

    private RunFolder(string path, FileStream held, bool throwAway)
    {
        Path = path;
        this.held = held;
        this.throwAway = throwAway;
        processes = StartedProcess.Read(ProcessesFile);
    }

    public string Path { get; }

    /// <summary>Processes that a run before this one has left behind, and that still run.</summary>
    public IReadOnlyList<StartedProcess> Leftovers => [.. processes.Where(p => p.IsAlive)];

    private string ProcessesFile => System.IO.Path.Combine(Path, "processes");

    /// <summary>Takes the folder, or throws when another AppHost has it.</summary>
    public static RunFolder Open(string path)
    {
        try
        {
            CreatePrivate(path);
            if (TryLock(path, out var held)) return new RunFolder(path, held, throwAway: false);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DistributedApplicationException(
                $"{path} cannot be written: run as its owner, or set Aspire__Store__Path to another folder. ({e.Message})", e);
        }

        var holder = Holder(path);
        throw new DistributedApplicationException(
            $"The application already runs here{(holder is null ? "" : $" as process {holder}")}, on the data in {path}: " +
            "stop it first, or set Aspire__Store__Path to another folder.");
    }

    /// <summary>A folder of its own that is gone after the run; those of runs that were killed are swept on the way.</summary>
    public static RunFolder OpenThrowAway()
    {
        Sweep();
        var path = Directory.CreateTempSubdirectory(ThrowAwayPrefix).FullName;
        return TryLock(path, out var held)
            ? new RunFolder(path, held, throwAway: true)
            : throw new DistributedApplicationException($"{path} is in use.");
    }

    /// <summary>A folder that the next run finds again.</summary>
    public string Volume(string name) => System.IO.Path.Combine(Path, "data", name);

    /// <summary>A folder of this run alone.</summary>
    public string Scratch(string name) => System.IO.Path.Combine(Path, "scratch", name);

    /// <summary>Stops what an earlier run has left, and forgets its scratch data. Returns how many processes there were.</summary>
    public async Task<int> CleanAsync()
    {
        var left = Leftovers;
        await Task.WhenAll(left.Select(p => p.StopAsync()));
        lock (gate)
        {
            processes.Clear();
            StartedProcess.Write(ProcessesFile, processes);
        }

        DeleteIfThere(Scratch(""));
        return left.Count;
    }

    public void Started(StartedProcess process)
    {
        lock (gate)
        {
            processes.Add(process);
            StartedProcess.Write(ProcessesFile, processes);
        }
    }

    public void Ended(int processId)
    {
        lock (gate)
        {
            processes.RemoveAll(p => p.Id == processId);
            StartedProcess.Write(ProcessesFile, processes);
        }
    }

    public void Dispose()
    {
        DeleteIfThere(throwAway ? Path : Scratch(""));
        held.Dispose();
    }

    private static void CreatePrivate(string path) => Directory.CreateDirectory(
        path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    // The lock is the kernel's, so that it is gone with its holder however that ends.
    private static bool TryLock(string path, [NotNullWhen(true)] out FileStream? held)
    {
        try
        {
            held = new FileStream(
                System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            held = null;
            return false;
        }

        File.WriteAllText(
            System.IO.Path.Combine(path, "pid"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return true;
    }

    private static string? Holder(string path)
    {
        var file = System.IO.Path.Combine(path, "pid");
        return File.Exists(file) ? File.ReadAllText(file) : null;
    }

    private static void Sweep()
    {
        var old = DateTime.UtcNow - Settled;
        foreach (var path in Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), ThrowAwayPrefix + "*"))
        {
            try
            {
                if (Directory.GetCreationTimeUtc(path) > old || !TryLock(path, out var held)) continue;
                using var folder = new RunFolder(path, held, throwAway: true);
                foreach (var process in folder.Leftovers) process.Kill();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's: it is theirs to sweep.
            }
        }
    }

    private static void DeleteIfThere(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be deleted now is swept by a later run.
        }
    }
}
