using System.Buffers.Binary;

namespace Nimbus.QueryService.Engine;

/// <summary>Reads rows in PostgreSQL's binary COPY format, of which no value is boxed or copied twice.</summary>
internal sealed class CopyReader(Stream stream)
{
    private const int HeaderBytes = 19;
    private byte[] _buffer = new byte[1 << 18];
    private int _start;
    private int _end;
    private bool _isBegun;

    /// <summary>Goes to the next row; its fields then follow one by one.</summary>
    /// <returns>False at the end.</returns>
    public async ValueTask<bool> NextAsync(CancellationToken ct)
    {
        if (!_isBegun)
        {
            await EnsureAsync(HeaderBytes, ct);
            var extension = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + HeaderBytes - 4));
            await EnsureAsync(HeaderBytes + extension, ct);
            _start += HeaderBytes + extension;
            _isBegun = true;
        }
        await EnsureAsync(2, ct);
        var fields = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start));
        _start += 2;
        if (fields < 0)
            return false;
        // The whole row, so that fields are read without waiting.
        for (int field = 0, bytes = 0; field < fields; field++)
        {
            await EnsureAsync(bytes + 4, ct);
            bytes += 4 + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + bytes)));
            await EnsureAsync(bytes, ct);
        }
        return true;
    }

    /// <summary>The next field's bytes; false for null.</summary>
    public bool TryField(out ReadOnlySpan<byte> bytes)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        _start += 4;
        bytes = length < 0 ? default : _buffer.AsSpan(_start, length);
        _start += Math.Max(0, length);
        return length >= 0;
    }

    public long? Int64() => TryField(out var bytes) ? BinaryPrimitives.ReadInt64BigEndian(bytes) : null;

    public int Int32()
    {
        TryField(out var bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    public short Int16()
    {
        TryField(out var bytes);
        return BinaryPrimitives.ReadInt16BigEndian(bytes);
    }

    public Guid Uuid()
    {
        TryField(out var bytes);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Unix milliseconds; PostgreSQL counts microseconds from 2000.</summary>
    public long TimeMs()
    {
        const long MsOf2000 = 946_684_800_000;
        TryField(out var bytes);
        var microseconds = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return ((microseconds >= 0 ? microseconds : microseconds - 999) / 1000) + MsOf2000;
    }

    private ValueTask EnsureAsync(int bytes, CancellationToken ct) =>
        _end - _start >= bytes ? ValueTask.CompletedTask : FillAsync(bytes, ct);

    private async ValueTask FillAsync(int bytes, CancellationToken ct)
    {
        if (_buffer.Length - _start < bytes)
        {
            var target = bytes > _buffer.Length ? new byte[Math.Max(bytes, _buffer.Length * 2)] : _buffer;
            _buffer.AsSpan(_start, _end - _start).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, _end - _start);
        }
        while (_end - _start < bytes)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), ct);
            if (read == 0)
                throw new EndOfStreamException("The database ended its answer early.");
            _end += read;
        }
    }
}
