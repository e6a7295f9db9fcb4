using System.Buffers;

namespace Nimbus.QueryService.Engine;

/// <summary>A block of a mapped segment.</summary>
internal sealed unsafe class SegmentBlock(SegmentFile file, BlockPlaces places) : BlockSource
{
    public override int Count => places.Count;

    public override long FirstMs => places.FirstMs;

    public override long LastMs => places.LastMs;

    public override long SealedVersion => file.Version;

    public override IEnumerable<int> Columns => places.Codes.Keys;

    public override bool IsRaw(int column) =>
        places.Codes.TryGetValue(column, out var place) && place.Width == SegmentFormat.RawValues;

    public override ReadOnlySpan<long> Times(scoped ref long[]? scratch)
    {
        var place = places.Times;
        if (place.Width == SegmentFormat.PlainTimes)
            return new(file.At(place.Offset), Count);
        var times = Room(ref scratch, Count);
        switch (place.Width)
        {
            case 8:
                AddUp(file.At(place.Offset), place.Base, times);
                break;
            case 16:
                AddUp((ushort*)file.At(place.Offset), place.Base, times);
                break;
            default:
                AddUp(place, times);
                break;
        }
        return times;
    }

    public override ReadOnlySpan<int> Names(scoped ref int[]? scratch) => Ints(places.Names, ref scratch);

    public override ReadOnlySpan<int> Persons(scoped ref int[]? scratch) => Ints(places.Persons, ref scratch);

    public override ReadOnlySpan<byte> Flags(scoped ref byte[]? scratch)
    {
        if (places.Flags.Width != 0)
            return new(file.At(places.Flags.Offset), Count);
        var flags = Room(ref scratch, Count);
        flags.Fill((byte)places.Flags.Base);
        return flags;
    }

    public override ReadOnlySpan<long> Seqs(scoped ref long[]? scratch) =>
        places.Seqs is { } place ? new(file.At(place.Offset), Count) : default;

    public override ReadOnlySpan<int> Codes(int column, PropertyColumn? values, scoped ref int[]? scratch)
    {
        if (places.Codes.TryGetValue(column, out var place) && place.Width != SegmentFormat.RawValues)
            return Ints(place, ref scratch);
        if (place.Width == SegmentFormat.RawValues)
        {
            var codes = Room(ref scratch, Count);
            RawValues.Read(file.At(place.Offset), values!, codes);
            return codes;
        }
        var none = Room(ref scratch, Count);
        none.Clear();
        return none;
    }

    private Span<int> Ints(ColumnPlace place, scoped ref int[]? scratch)
    {
        var values = Room(ref scratch, Count);
        PackedInts.Unpack(file.At(place.Offset), (int)place.Base, place.Width, values);
        return values;
    }

    private static void AddUp(byte* steps, long time, Span<long> times)
    {
        for (var i = 0; i < times.Length; i++)
            times[i] = time += steps[i];
    }

    private static void AddUp(ushort* steps, long time, Span<long> times)
    {
        for (var i = 0; i < times.Length; i++)
            times[i] = time += steps[i];
    }

    private void AddUp(ColumnPlace place, Span<long> times)
    {
        var steps = ArrayPool<int>.Shared.Rent(Count);
        PackedInts.Unpack(file.At(place.Offset), 0, place.Width, steps.AsSpan(0, Count));
        var time = place.Base;
        for (var i = 0; i < times.Length; i++)
            times[i] = time += steps[i];
        ArrayPool<int>.Shared.Return(steps);
    }
}
