namespace Nimbus.QueryService.Engine;

/// <summary>Where a column of a block stands in the file.</summary>
/// <param name="Width">Bits a value; see <see cref="PackedInts"/>. Times: bits of the steps between them, 64 for plain times.</param>
/// <param name="Base">What is added to each value. Times: the first.</param>
/// <param name="Offset">From the start of the file.</param>
internal readonly record struct ColumnPlace(byte Width, long Base, long Offset);

/// <summary>What the directory at the end of a segment says of one block.</summary>
/// <param name="Seqs">Null where no event has one.</param>
/// <param name="Codes">By the id of the property column.</param>
internal sealed record BlockPlaces(
    int Count,
    long FirstMs,
    long LastMs,
    ColumnPlace Times,
    ColumnPlace Names,
    ColumnPlace Persons,
    ColumnPlace Flags,
    ColumnPlace? Seqs,
    IReadOnlyDictionary<int, ColumnPlace> Codes);

/// <summary>
/// A segment: the header of <see cref="EngineFile"/>; the columns of each block; counts per minute and name; the directory;
/// the directory's offset in the last 8 bytes.
/// </summary>
internal static class SegmentFormat
{
    public const byte PlainTimes = 64;

    /// <summary>The width that says that a column is <see cref="Engine.RawValues"/>, not codes of the project's dictionary.</summary>
    public const byte RawValues = 255;

    public static ReadOnlySpan<byte> Kind => "NIMSEG01"u8;

    public static void WriteDirectory(BinaryWriter output, IReadOnlyList<BlockPlaces> blocks, ColumnPlace? counts)
    {
        output.Write(blocks.Count);
        foreach (var block in blocks)
        {
            output.Write(block.Count);
            output.Write(block.FirstMs);
            output.Write(block.LastMs);
            Write(output, block.Times);
            Write(output, block.Names);
            Write(output, block.Persons);
            Write(output, block.Flags);
            output.Write(block.Seqs is not null);
            if (block.Seqs is { } seqs)
                Write(output, seqs);
            output.Write(block.Codes.Count);
            foreach (var (column, place) in block.Codes)
            {
                output.Write(column);
                Write(output, place);
            }
        }
        output.Write(counts is not null);
        if (counts is { } at)
            Write(output, at);
    }

    public static (IReadOnlyList<BlockPlaces> Blocks, ColumnPlace? Counts) ReadDirectory(BinaryReader input)
    {
        var blocks = new BlockPlaces[input.ReadInt32()];
        for (var i = 0; i < blocks.Length; i++)
        {
            var (count, firstMs, lastMs) = (input.ReadInt32(), input.ReadInt64(), input.ReadInt64());
            var (times, names, persons, flags) = (Place(input), Place(input), Place(input), Place(input));
            ColumnPlace? seqs = input.ReadBoolean() ? Place(input) : null;
            var codes = new Dictionary<int, ColumnPlace>();
            for (var left = input.ReadInt32(); left > 0; left--)
                codes.Add(input.ReadInt32(), Place(input));
            blocks[i] = new BlockPlaces(count, firstMs, lastMs, times, names, persons, flags, seqs, codes);
        }
        return (blocks, input.ReadBoolean() ? Place(input) : null);
    }

    private static void Write(BinaryWriter output, ColumnPlace place)
    {
        output.Write(place.Width);
        output.Write(place.Base);
        output.Write(place.Offset);
    }

    private static ColumnPlace Place(BinaryReader input) => new(input.ReadByte(), input.ReadInt64(), input.ReadInt64());
}
