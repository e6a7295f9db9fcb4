using System.Buffers;
using System.IO.Compression;
using System.Text;

namespace Nimbus.QueryService.Engine;

/// <summary>
/// A column of a block whose values are mostly distinct: the block's own values, compressed, and for each event the place of its
/// value among them from 1, 0 without one. Nothing of it is in memory but while it is read.
/// </summary>
internal static unsafe class RawValues
{
    /// <summary>Bytes before the packed places: compressed length, plain length, count, width.</summary>
    public const int HeaderBytes = 16;

    // 4 takes half the time of the default and makes a tenth more.
    private const int Quality = 4;
    private const int WindowBits = 22;

    /// <summary>The values one after the other, and compressed.</summary>
    public static (byte[] Compressed, int PlainBytes) Compress(IReadOnlyList<PropertyValue> values)
    {
        using var plain = new MemoryStream();
        using (var writer = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true))
        {
            foreach (var value in values)
            {
                writer.Write((byte)value.Kind);
                writer.Write(value.Text);
            }
        }
        var compressed = new byte[BrotliEncoder.GetMaxCompressedLength((int)plain.Length)];
        if (!BrotliEncoder.TryCompress(plain.GetBuffer().AsSpan(0, (int)plain.Length), compressed, out var length, Quality, WindowBits))
            throw new InvalidOperationException("The values could not be compressed.");
        return (compressed[..length], (int)plain.Length);
    }

    /// <summary>Reads the codes that a snapshot's column has for the values.</summary>
    /// <param name="start">Where the header is.</param>
    public static void Read(byte* start, PropertyColumn column, Span<int> codes)
    {
        var header = (int*)start;
        var (compressedBytes, plainBytes, count, width) = (header[0], header[1], header[2], header[3]);
        var places = start + HeaderBytes;
        var compressed = places + Aligned(PackedInts.BytesOf(codes.Length, width) + PackedInts.Slack);
        var plain = ArrayPool<byte>.Shared.Rent(Math.Max(plainBytes, 1));
        var codeOf = ArrayPool<int>.Shared.Rent(count + 1);
        try
        {
            if (!BrotliDecoder.TryDecompress(new ReadOnlySpan<byte>(compressed, compressedBytes), plain, out var written) || written != plainBytes)
                throw new InvalidDataException("Values in a segment cannot be read.");
            using var reader = new BinaryReader(new MemoryStream(plain, 0, plainBytes));
            codeOf[0] = 0;
            for (var i = 1; i <= count; i++)
                codeOf[i] = column.Intern(new PropertyValue((ValueKind)reader.ReadByte(), reader.ReadString()));
            PackedInts.Unpack(places, 0, width, codes);
            for (var i = 0; i < codes.Length; i++)
                codes[i] = codeOf[codes[i]];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
            ArrayPool<int>.Shared.Return(codeOf);
        }
    }

    public static int Aligned(int bytes) => (bytes + 7) & ~7;
}
