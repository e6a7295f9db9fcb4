namespace Nimbus.QueryService.Engine;

/// <summary>
/// Counts events per minute and name while a segment is written: for each minute that has some, in order, how many minutes
/// after the one before, how many names, and each name's code and count, all as variable-length integers.
/// </summary>
internal sealed class MinuteCountWriter : IDisposable
{
    public const long MinuteMs = 60_000;

    private readonly SortedDictionary<int, int> _counts = [];
    private readonly MemoryStream _bytes = new();
    private long _minute = long.MinValue;
    private long _written;

    public void Add(ReadOnlySpan<long> times, ReadOnlySpan<int> names)
    {
        for (var i = 0; i < times.Length; i++)
        {
            var minute = MinuteOf(times[i]);
            if (minute != _minute)
            {
                Flush();
                _minute = minute;
            }
            _counts[names[i]] = _counts.GetValueOrDefault(names[i]) + 1;
        }
    }

    /// <summary>The minute since 1970 that a time lies in, also before 1970.</summary>
    public static long MinuteOf(long ms) => (ms >= 0 ? ms : ms - MinuteMs + 1) / MinuteMs;

    public byte[] ToBytes()
    {
        Flush();
        return _bytes.ToArray();
    }

    public void Dispose() => _bytes.Dispose();

    private void Flush()
    {
        if (_counts.Count == 0)
            return;
        using (var writer = new BinaryWriter(_bytes, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            // The first is counted from 1970, and may lie before it.
            writer.Write7BitEncodedInt64(_minute - _written);
            writer.Write7BitEncodedInt(_counts.Count);
            foreach (var (name, count) in _counts)
            {
                writer.Write7BitEncodedInt(name);
                writer.Write7BitEncodedInt(count);
            }
        }
        _written = _minute;
        _counts.Clear();
    }
}
