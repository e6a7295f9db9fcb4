using System.Collections.Concurrent;
using System.Diagnostics;

namespace Nimbus.Benchmarks.Kill;

/// <summary>Which events were sent, and of which a client was told that they are kept.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, bool> _acknowledged = new();
    private readonly ConcurrentDictionary<string, (int Requests, int Repeats)> _ways = new();
    private readonly Lock _lock = new();
    private long _lastAcknowledgement = Stopwatch.GetTimestamp();

    public int Sent => _acknowledged.Count;

    public IEnumerable<string> SentIds => _acknowledged.Keys;

    public IEnumerable<string> AcknowledgedIds => _acknowledged.Where(id => id.Value).Select(id => id.Key);

    public IReadOnlyDictionary<string, (int Requests, int Repeats)> Ways => _ways;

    public TimeSpan LongestSilence { get; private set; }

    /// <summary>Before the first byte leaves.</summary>
    public void Sending(string way, IEnumerable<string> ids)
    {
        foreach (var id in ids)
            _acknowledged[id] = false;
        _ways.AddOrUpdate(way, (1, 0), (_, before) => (before.Requests + 1, before.Repeats));
    }

    public void Repeating(string way) => _ways.AddOrUpdate(way, (0, 1), (_, before) => (before.Requests, before.Repeats + 1));

    public void Acknowledged(IEnumerable<string> ids)
    {
        foreach (var id in ids)
            _acknowledged[id] = true;
        lock (_lock)
        {
            var silence = Stopwatch.GetElapsedTime(_lastAcknowledgement);
            LongestSilence = silence > LongestSilence ? silence : LongestSilence;
            _lastAcknowledgement = Stopwatch.GetTimestamp();
        }
    }
}
