using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nimbus.QueryService.Engine;

/// <summary>
/// Integers as their difference to the smallest of them, each in the fewest bits of 0, 1, 2, 4, 8, 16, 24 or 32. Widths in
/// between would save a tenth of the space and take twice the time to read.
/// </summary>
internal static class PackedInts
{
    /// <summary>Bytes that must be readable behind the packed values.</summary>
    public const int Slack = 8;

    /// <summary>The width in bits that fits the difference between the largest and the smallest.</summary>
    public static int WidthOf(uint difference) => difference switch
    {
        0 => 0,
        < 1u << 1 => 1,
        < 1u << 2 => 2,
        < 1u << 4 => 4,
        < 1u << 8 => 8,
        < 1u << 16 => 16,
        < 1u << 24 => 24,
        _ => 32,
    };

    public static int BytesOf(int count, int width) => (int)((((long)count * width) + 7) / 8);

    /// <param name="packed">Of <see cref="BytesOf"/> bytes, all zero.</param>
    public static void Pack(ReadOnlySpan<int> values, int smallest, int width, Span<byte> packed)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var value = (uint)(values[i] - smallest);
            switch (width)
            {
                case 0:
                    return;
                case 8:
                    packed[i] = (byte)value;
                    break;
                case 16:
                    BinaryPrimitives.WriteUInt16LittleEndian(packed[(i * 2)..], (ushort)value);
                    break;
                case 24:
                    packed[i * 3] = (byte)value;
                    BinaryPrimitives.WriteUInt16LittleEndian(packed[((i * 3) + 1)..], (ushort)(value >> 8));
                    break;
                case 32:
                    BinaryPrimitives.WriteUInt32LittleEndian(packed[(i * 4)..], value);
                    break;
                default:
                    var bit = i * width;
                    packed[bit >> 3] |= (byte)(value << (bit & 7));
                    break;
            }
        }
    }

    /// <param name="packed">With <see cref="Slack"/> bytes behind the values.</param>
    public static unsafe void Unpack(ReadOnlySpan<byte> packed, int smallest, int width, Span<int> values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(packed.Length, BytesOf(values.Length, width) + Slack);
        fixed (byte* start = packed)
            Unpack(start, smallest, width, values);
    }

    /// <param name="packed">With <see cref="Slack"/> bytes behind the values.</param>
    public static unsafe void Unpack(byte* packed, int smallest, int width, Span<int> values)
    {
        fixed (int* output = values)
        {
            switch (width)
            {
                case 0:
                    values.Fill(smallest);
                    break;
                case 1 or 2 or 4:
                    UnpackBits(packed, smallest, width, output, values.Length);
                    break;
                case 8:
                    Unpack8(packed, smallest, output, values.Length);
                    break;
                case 16:
                    Unpack16((ushort*)packed, smallest, output, values.Length);
                    break;
                case 24:
                    Unpack24(packed, smallest, output, values.Length);
                    break;
                case 32:
                    for (var i = 0; i < values.Length; i++)
                        output[i] = ((int*)packed)[i] + smallest;
                    break;
                default:
                    throw new InvalidDataException($"No values are {width} bits wide.");
            }
        }
    }

    private static unsafe void UnpackBits(byte* packed, int smallest, int width, int* output, int count)
    {
        var mask = (1 << width) - 1;
        var perByte = 8 / width;
        var i = 0;
        if (Avx2.IsSupported)
        {
            // Eight values are as many bytes as one has bits: all of them in each lane, shifted to the lane's own bits.
            var shifts = Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7) * (uint)width;
            var (low, offset) = (Vector256.Create((uint)mask), Vector256.Create(smallest));
            for (; i + 8 <= count; i += 8, packed += width)
                ((Avx2.ShiftRightLogicalVariable(Vector256.Create(*(uint*)packed), shifts) & low).AsInt32() + offset).Store(output + i);
        }
        for (; i + perByte <= count; packed++)
        {
            var bits = (int)*packed;
            for (var j = 0; j < perByte; j++, bits >>= width)
                output[i++] = (bits & mask) + smallest;
        }
        for (var bits = (int)*packed; i < count; bits >>= width)
            output[i++] = (bits & mask) + smallest;
    }

    private static unsafe void Unpack8(byte* packed, int smallest, int* output, int count)
    {
        var offset = Vector256.Create(smallest);
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var shorts = Vector256.WidenLower(Vector128.Load(packed + i).ToVector256Unsafe());
            (Vector256.WidenLower(shorts).AsInt32() + offset).Store(output + i);
            (Vector256.WidenUpper(shorts).AsInt32() + offset).Store(output + i + 8);
        }
        for (; i < count; i++)
            output[i] = packed[i] + smallest;
    }

    private static unsafe void Unpack16(ushort* packed, int smallest, int* output, int count)
    {
        var offset = Vector256.Create(smallest);
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var shorts = Vector256.Load(packed + i);
            (Vector256.WidenLower(shorts).AsInt32() + offset).Store(output + i);
            (Vector256.WidenUpper(shorts).AsInt32() + offset).Store(output + i + 8);
        }
        for (; i < count; i++)
            output[i] = packed[i] + smallest;
    }

    private static unsafe void Unpack24(byte* packed, int smallest, int* output, int count)
    {
        var i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            // Twelve bytes are four values: each gets its three bytes and a zero.
            var spread = Vector128.Create((byte)0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255);
            var offset = Vector128.Create(smallest);
            // 16 bytes are read for 12.
            for (; i + 8 <= count; i += 4)
                (Vector128.Shuffle(Vector128.Load(packed + (i * 3)), spread).AsInt32() + offset).Store(output + i);
        }
        for (; i < count; i++)
            output[i] = (packed[i * 3] | (packed[(i * 3) + 1] << 8) | (packed[(i * 3) + 2] << 16)) + smallest;
    }
}
