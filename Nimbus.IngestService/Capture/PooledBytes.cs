using System.Buffers;

namespace Nimbus.IngestService.Capture;

/// <summary>Bytes gathered piece by piece in a rented array, up to a limit.</summary>
internal sealed class PooledBytes(int expected, int limit) : IDisposable
{
    // One more than the limit, so that whoever fills it knows that there was more.
    private byte[] _array = ArrayPool<byte>.Shared.Rent(Math.Clamp(expected, 1024, limit + 1));

    public int Length { get; private set; }

    public bool IsPastLimit => Length > limit;

    public Memory<byte> Memory => _array.AsMemory(0, Length);

    /// <summary>Room for the next piece; never empty while the limit is not passed.</summary>
    public Memory<byte> Free()
    {
        if (Length == _array.Length)
            Grow();
        return _array.AsMemory(Length, Math.Min(_array.Length, limit + 1) - Length);
    }

    public void Advance(int count) => Length += count;

    public MemoryStream AsStream() => new(_array, 0, Length, writable: false);

    public void Dispose() => ArrayPool<byte>.Shared.Return(_array);

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)_array.Length * 2, limit + 1L));
        Memory.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
