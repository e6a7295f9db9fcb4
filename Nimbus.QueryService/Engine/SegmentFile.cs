using System.IO.MemoryMappedFiles;

namespace Nimbus.QueryService.Engine;

/// <summary>
/// A sealed segment, mapped. Every snapshot that reads it holds it; the last to let go unmaps it. A file that was replaced is
/// unlinked at once, and stays readable for those who have it mapped.
/// </summary>
internal sealed unsafe class SegmentFile
{
    private static long _versions = TimeProvider.System.GetUtcNow().Ticks;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private int _holders = 1;

    private SegmentFile(string path)
    {
        Path = path;
        Bytes = new FileInfo(path).Length;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        var directory = *(long*)(_start + Bytes - sizeof(long));
        using var input = new BinaryReader(new UnmanagedMemoryStream(_start + directory, Bytes - sizeof(long) - directory));
        var (places, counts) = SegmentFormat.ReadDirectory(input);
        Version = Interlocked.Increment(ref _versions);
        Blocks = [.. places.Select(place => new SegmentBlock(this, place))];
        Count = places.Sum(place => (long)place.Count);
        MinuteCounts = counts is { } at ? new MinuteCounts(_start + at.Offset, at.Base) : new MinuteCounts(_start, 0);
    }

    public string Path { get; }

    public long Bytes { get; }

    public long Count { get; }

    /// <summary>Of this file in this process and no other one.</summary>
    public long Version { get; }

    public IReadOnlyList<SegmentBlock> Blocks { get; }

    /// <summary>The time of the first event; of a file without any it is behind the last.</summary>
    public long FirstMs => Blocks.Count == 0 ? long.MaxValue : Blocks[0].FirstMs;

    public long LastMs => Blocks.Count == 0 ? long.MinValue : Blocks[^1].LastMs;

    public MinuteCounts MinuteCounts { get; }

    /// <summary>Verifies and maps a file.</summary>
    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    public static SegmentFile Open(string path)
    {
        EngineFile.Verify(path, SegmentFormat.Kind);
        return new SegmentFile(path);
    }

    public byte* At(long offset) => _start + offset;

    public void Hold() => Interlocked.Increment(ref _holders);

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
