using System.IO.MemoryMappedFiles;

namespace Nimbus.QueryService.Engine;

/// <summary>
/// A sealed segment, mapped. Every snapshot that reads it holds it; the last to let go unmaps it, and unlinks it where it was
/// replaced. An unlinked file stays readable for those who have it mapped.
/// </summary>
internal sealed unsafe class SegmentFile
{
    private static long _versions = TimeProvider.System.GetUtcNow().Ticks;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly ColumnPlace? _counts;
    private int _holders = 1;
    private volatile bool _isReplaced;

    private SegmentFile(string path)
    {
        Path = path;
        Bytes = new FileInfo(path).Length;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        var directory = *(long*)(_start + Bytes - sizeof(long));
        using var input = new BinaryReader(new UnmanagedMemoryStream(_start + directory, Bytes - sizeof(long) - directory));
        (var places, _counts) = SegmentFormat.ReadDirectory(input);
        Version = Interlocked.Increment(ref _versions);
        Blocks = [.. places.Select(place => new SegmentBlock(this, place))];
        Count = places.Sum(place => (long)place.Count);
    }

    public string Path { get; }

    public long Bytes { get; }

    public long Count { get; }

    /// <summary>Of this file in this process and no other one.</summary>
    public long Version { get; }

    public IReadOnlyList<SegmentBlock> Blocks { get; }

    /// <summary>Per minute and name, as <see cref="MinuteCountWriter"/> writes them.</summary>
    public ReadOnlySpan<byte> MinuteCounts => _counts is { } at ? new(_start + at.Offset, (int)at.Base) : default;

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
        if (_isReplaced)
            File.Delete(Path);
    }

    /// <summary>The file is not needed any more once its last reader is done.</summary>
    public void Replaced() => _isReplaced = true;
}
