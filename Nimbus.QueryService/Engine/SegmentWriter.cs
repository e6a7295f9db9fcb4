using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Nimbus.QueryService.Engine;

/// <summary>Writes blocks into a segment file, one at a time, so that memory is bounded by a block.</summary>
internal static class SegmentWriter
{
    /// <summary>Writes the file whole, or leaves none.</summary>
    /// <param name="blocks">In order of time; those that are too large become several.</param>
    /// <param name="codes">What becomes of the properties' codes.</param>
    public static void Write(string path, IEnumerable<EventBlock> blocks, CodeWriter codes) =>
        EngineFile.Write(path, SegmentFormat.Kind, stream =>
        {
            using var output = new Output(stream);
            var places = new List<BlockPlaces>();
            using var counts = new MinuteCountWriter();
            var view = new Columns(codes);
            foreach (var block in blocks)
            {
                view.Read(block);
                counts.Add(view.Times, view.Names);
                foreach (var (start, end) in Pieces(view.Times))
                    places.Add(Block(output, view, codes, start, end));
            }
            var countsAt = output.Offset;
            var countBytes = counts.ToBytes();
            output.Write(countBytes);
            var directory = output.Offset;
            using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
            {
                SegmentFormat.WriteDirectory(writer, places, new ColumnPlace(0, countBytes.Length, countsAt));
                writer.Write(directory);
            }
        });

    private static List<(int Start, int End)> Pieces(long[] times)
    {
        var pieces = new List<(int, int)>();
        for (var start = 0; start < times.Length;)
        {
            // What is left is not worth a block of its own below a quarter of one.
            var end = times.Length - start <= RowBuffer.BlockEvents * 5 / 4 ? times.Length : start + RowBuffer.BlockEvents;
            while (end < times.Length && times[end] == times[end - 1])
                end++;
            pieces.Add((start, end));
            start = end;
        }
        return pieces;
    }

    private static BlockPlaces Block(Output output, Columns view, CodeWriter writer, int start, int end)
    {
        var count = end - start;
        var times = view.Times.AsSpan(start, count);
        var codes = new Dictionary<int, ColumnPlace>();
        foreach (var (column, all) in view.Codes)
        {
            var part = all.AsSpan(start, count);
            if (part.ContainsAnyExcept(0))
                codes.Add(column, writer.RawColumns.Contains(column) ? Raw(output, part, writer.Column(column)) : Ints(output, writer.Filed(column, part)));
        }
        ColumnPlace? seqs = null;
        if (view.Seqs is { } some && some.AsSpan(start, count).ContainsAnyExcept(long.MaxValue))
            seqs = Longs(output, some.AsSpan(start, count));
        return new BlockPlaces(
            count, times[0], times[^1], Times(output, times),
            Ints(output, view.Names.AsSpan(start, count)), Ints(output, view.Persons.AsSpan(start, count)),
            Flags(output, view.Flags.AsSpan(start, count)), seqs, codes);
    }

    private static ColumnPlace Times(Output output, ReadOnlySpan<long> times)
    {
        var largest = 0L;
        for (var i = 1; i < times.Length; i++)
            largest = Math.Max(largest, times[i] - times[i - 1]);
        // A step of more than 24 days does not fit; it is rare enough to write such a block in full.
        if (largest > int.MaxValue)
            return Longs(output, times) with { Width = SegmentFormat.PlainTimes };
        var steps = ArrayPool<int>.Shared.Rent(times.Length);
        steps[0] = 0;
        for (var i = 1; i < times.Length; i++)
            steps[i] = (int)(times[i] - times[i - 1]);
        var width = PackedInts.WidthOf((uint)largest);
        var place = new ColumnPlace((byte)width, times[0], Pack(output, steps.AsSpan(0, times.Length), 0, width));
        ArrayPool<int>.Shared.Return(steps);
        return place;
    }

    private static ColumnPlace Ints(Output output, ReadOnlySpan<int> values)
    {
        var (smallest, largest) = (int.MaxValue, int.MinValue);
        foreach (var value in values)
            (smallest, largest) = (Math.Min(smallest, value), Math.Max(largest, value));
        var width = PackedInts.WidthOf((uint)(largest - smallest));
        return new ColumnPlace((byte)width, smallest, Pack(output, values, smallest, width));
    }

    private static ColumnPlace Raw(Output output, ReadOnlySpan<int> codes, PropertyColumn column)
    {
        var places = new int[codes.Length];
        var placeOf = new Dictionary<int, int> { [0] = 0 };
        var values = new List<PropertyValue>();
        for (var i = 0; i < codes.Length; i++)
        {
            if (!placeOf.TryGetValue(codes[i], out places[i]))
            {
                values.Add(column[codes[i]]);
                placeOf.Add(codes[i], places[i] = values.Count);
            }
        }
        var (compressed, plainBytes) = RawValues.Compress(values);
        var width = PackedInts.WidthOf((uint)values.Count);
        var packedBytes = PackedInts.BytesOf(codes.Length, width);
        var bytes = new byte[RawValues.HeaderBytes + RawValues.Aligned(packedBytes + PackedInts.Slack) + compressed.Length];
        MemoryMarshal.Cast<int, byte>([compressed.Length, plainBytes, values.Count, width]).CopyTo(bytes);
        PackedInts.Pack(places, 0, width, bytes.AsSpan(RawValues.HeaderBytes, packedBytes));
        compressed.CopyTo(bytes, bytes.Length - compressed.Length);
        var at = output.Offset;
        output.Write(bytes);
        return new ColumnPlace(SegmentFormat.RawValues, 0, at);
    }

    private static ColumnPlace Flags(Output output, ReadOnlySpan<byte> flags)
    {
        if (!flags.ContainsAnyExcept(flags[0]))
            return new ColumnPlace(0, flags[0], output.Offset);
        var at = output.Offset;
        output.Write(flags);
        return new ColumnPlace(8, 0, at);
    }

    private static ColumnPlace Longs(Output output, ReadOnlySpan<long> values)
    {
        var at = output.Offset;
        output.Write(MemoryMarshal.AsBytes(values));
        return new ColumnPlace(64, 0, at);
    }

    private static long Pack(Output output, ReadOnlySpan<int> values, int smallest, int width)
    {
        var at = output.Offset;
        var bytes = PackedInts.BytesOf(values.Length, width);
        var packed = ArrayPool<byte>.Shared.Rent(bytes);
        packed.AsSpan(0, bytes).Clear();
        PackedInts.Pack(values, smallest, width, packed);
        output.Write(packed.AsSpan(0, bytes));
        ArrayPool<byte>.Shared.Return(packed);
        return at;
    }

    /// <summary>Starts each column at a multiple of 8, with the slack behind it that unpacking may read.</summary>
    private sealed class Output(Stream stream) : IDisposable
    {
        private static readonly byte[] Zeros = new byte[16];

        public long Offset { get; private set; } = EngineFile.HeaderBytes;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            stream.Write(bytes);
            var padding = PackedInts.Slack + (int)(-(Offset + bytes.Length) & 7);
            stream.Write(Zeros, 0, padding);
            Offset += bytes.Length + padding;
        }

        public void Dispose() => stream.Flush();
    }

    /// <summary>All columns of one block, in arrays.</summary>
    private sealed class Columns(CodeWriter writer)
    {
        public long[] Times { get; private set; } = [];

        public int[] Names { get; private set; } = [];

        public int[] Persons { get; private set; } = [];

        public byte[] Flags { get; private set; } = [];

        public long[]? Seqs { get; private set; }

        public Dictionary<int, int[]> Codes { get; } = [];

        public void Read(EventBlock block)
        {
            var (source, start, count) = (block.Source, block.Start, block.Count);
            long[]? longs = null;
            int[]? ints = null;
            byte[]? bytes = null;
            Times = source.Times(ref longs).Slice(start, count).ToArray();
            Names = source.Names(ref ints).Slice(start, count).ToArray();
            Persons = source.Persons(ref ints).Slice(start, count).ToArray();
            Flags = source.Flags(ref bytes).Slice(start, count).ToArray();
            var seqs = source.Seqs(ref longs);
            Seqs = seqs.IsEmpty ? null : seqs.Slice(start, count).ToArray();
            Codes.Clear();
            foreach (var column in source.Columns)
                Codes.Add(column, source.Codes(column, writer.Column(column), ref ints).Slice(start, count).ToArray());
        }
    }
}
