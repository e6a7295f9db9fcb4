using System.Buffers;
using System.Buffers.Binary;

namespace Nimbus.QueryService.Engine;

/// <summary>
/// What every file of the engine begins with: 8 bytes that name its kind, its length, the CRC32C of what follows the first 32
/// bytes. A file is written whole under another name, forced to disk and renamed; after that it is only ever unlinked.
/// </summary>
internal static class EngineFile
{
    public const int HeaderBytes = 32;
    private const string Unfinished = ".tmp";
    private const int BufferBytes = 1 << 20;

    /// <summary>Writes a file, or leaves none: an unfinished one goes by another name.</summary>
    /// <param name="kind">8 bytes of ASCII.</param>
    /// <param name="write">Gets a stream that starts at <see cref="HeaderBytes"/> and only goes forward.</param>
    public static void Write(string path, ReadOnlySpan<byte> kind, Action<Stream> write)
    {
        using (var file = new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Position = HeaderBytes;
            using var content = new ChecksumStream(file);
            using (var buffered = new BufferedStream(content, BufferBytes))
            {
                write(buffered);
                buffered.Flush();
                Span<byte> header = stackalloc byte[HeaderBytes];
                header.Clear();
                kind.CopyTo(header);
                BinaryPrimitives.WriteInt64LittleEndian(header[8..], file.Position);
                BinaryPrimitives.WriteUInt32LittleEndian(header[16..], content.Checksum);
                file.Position = 0;
                file.Write(header);
                file.Flush(flushToDisk: true);
            }
        }
        File.Move(path + Unfinished, path, overwrite: true);
    }

    /// <summary>Reads all of a file against its length and checksum.</summary>
    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    public static void Verify(string path, ReadOnlySpan<byte> kind)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            if (file.Length < HeaderBytes)
                throw new InvalidDataException($"{path} is cut off.");
            file.ReadExactly(buffer, 0, HeaderBytes);
            if (!buffer.AsSpan(0, 8).SequenceEqual(kind))
                throw new InvalidDataException($"{path} is of another kind or version.");
            if (BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(8)) != file.Length)
                throw new InvalidDataException($"{path} is cut off.");
            var expected = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(16));
            var checksum = new Checksum();
            for (int read; (read = file.ReadAtLeast(buffer.AsSpan(0, BufferBytes), BufferBytes, throwOnEndOfStream: false)) > 0;)
                checksum.Add(buffer.AsSpan(0, read));
            if (checksum.Value != expected)
                throw new InvalidDataException($"The checksum of {path} is wrong.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The content of a small file, verified.</summary>
    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    public static BinaryReader Read(string path, ReadOnlySpan<byte> kind)
    {
        Verify(path, kind);
        return new BinaryReader(new MemoryStream(File.ReadAllBytes(path)) { Position = HeaderBytes });
    }

    // TRICKY: the checksum takes words of 8 bytes, so it must see the same pieces in writing and reading: only the last may
    // be of another length than a multiple of 8. The rest of each piece waits for the next.
    private sealed class ChecksumStream(Stream target) : Stream
    {
        private readonly byte[] _rest = new byte[sizeof(ulong)];
        private Checksum _checksum = new();
        private int _restBytes;

        public uint Checksum
        {
            get
            {
                var checksum = _checksum;
                checksum.Add(_rest.AsSpan(0, _restBytes));
                return checksum.Value;
            }
        }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => target.Position - HeaderBytes;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            target.Write(buffer);
            if (_restBytes > 0)
            {
                var taken = Math.Min(sizeof(ulong) - _restBytes, buffer.Length);
                buffer[..taken].CopyTo(_rest.AsSpan(_restBytes));
                _restBytes += taken;
                buffer = buffer[taken..];
                if (_restBytes < sizeof(ulong))
                    return;
                _checksum.Add(_rest);
                _restBytes = 0;
            }
            var whole = buffer.Length / sizeof(ulong) * sizeof(ulong);
            _checksum.Add(buffer[..whole]);
            buffer[whole..].CopyTo(_rest);
            _restBytes = buffer.Length - whole;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
