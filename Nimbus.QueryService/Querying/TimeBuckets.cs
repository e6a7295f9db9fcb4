using NodaTime;

namespace Nimbus.QueryService.Querying;

/// <summary>Buckets for scans: which one a time lies in, for times that go up.</summary>
public sealed class TimeBuckets(BucketedRange range)
{
    private readonly long[] _starts = [.. range.Starts.Select(start => start.ToUnixTimeMilliseconds())];
    private int _current;

    public int Count => _starts.Length;

    public long FromMs { get; } = range.From.ToUnixTimeMilliseconds();

    public long ToMs { get; } = range.To.ToUnixTimeMilliseconds();

    public IReadOnlyList<Instant> Starts => range.Starts;

    public long StartMs(int bucket) => _starts[bucket];

    /// <summary>The bucket of a time, which may be anywhere: -1 before the first, the last one after it.</summary>
    public int Of(long ms)
    {
        if (_current < 0 || ms < _starts[_current]) _current = -1;
        while (_current + 1 < _starts.Length && ms >= _starts[_current + 1]) _current++;
        return _current;
    }
}
