namespace Nimbus.QueryService.Engine;

/// <summary>
/// How many events of each name a segment has per minute, read from its header, where <see cref="MinuteCountWriter"/> wrote it.
/// Kept in memory by quarters of an hour, at which buckets in every time zone of today begin. Safe for several threads.
/// </summary>
internal sealed unsafe class MinuteCounts(byte* bytes, long length)
{
    private const long QuarterMs = 15 * MinuteCountWriter.MinuteMs;

    private (long StartMs, int Name, int Count)[]? _quarters;

    /// <summary>Adds up the counts; see <see cref="ProjectSnapshot.CountByMinute"/>.</summary>
    /// <param name="firstMs">The time of the segment's first event.</param>
    /// <param name="within">Those of the starts that part the segment's events.</param>
    /// <returns>False, and nothing is added: slices begin within minutes.</returns>
    public bool TryAdd(long[] counts, ReadOnlySpan<long> starts, long firstMs, ReadOnlySpan<long> within, int names)
    {
        var (areMinutes, areQuarters) = (true, true);
        foreach (var start in within)
        {
            areMinutes &= start % MinuteCountWriter.MinuteMs == 0;
            areQuarters &= start % QuarterMs == 0;
        }
        if (!areMinutes)
            return false;
        var slice = -1;
        foreach (var (startMs, name, count) in areQuarters ? _quarters ??= Quarters() : Minutes())
        {
            var ms = Math.Max(startMs, firstMs);
            while (slice < starts.Length - 1 && ms >= starts[slice + 1])
                slice++;
            if (slice == starts.Length - 1)
                break;
            if (slice >= 0)
                counts[(slice * names) + name] += count;
        }
        return true;
    }

    private (long StartMs, int Name, int Count)[] Quarters()
    {
        var quarters = new List<(long StartMs, int Name, int Count)>();
        var counts = new SortedDictionary<int, int>();
        var quarter = long.MinValue;
        foreach (var (startMs, name, count) in Minutes())
        {
            var start = startMs - (((startMs % QuarterMs) + QuarterMs) % QuarterMs);
            if (start != quarter)
            {
                Flush();
                quarter = start;
            }
            counts[name] = counts.GetValueOrDefault(name) + count;
        }
        Flush();
        return [.. quarters];

        void Flush()
        {
            foreach (var (name, count) in counts)
                quarters.Add((quarter, name, count));
            counts.Clear();
        }
    }

    private (long StartMs, int Name, int Count)[] Minutes()
    {
        var minutes = new List<(long, int, int)>();
        using var input = new BinaryReader(new UnmanagedMemoryStream(bytes, length));
        var minute = 0L;
        while (input.BaseStream.Position < length)
        {
            minute += input.Read7BitEncodedInt64();
            for (var names = input.Read7BitEncodedInt(); names > 0; names--)
                minutes.Add((minute * MinuteCountWriter.MinuteMs, input.Read7BitEncodedInt(), input.Read7BitEncodedInt()));
        }
        return [.. minutes];
    }
}
