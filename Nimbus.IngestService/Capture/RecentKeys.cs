namespace Nimbus.IngestService.Capture;

/// <summary>
/// The keys this process let through lately, to tell senders of duplicates. Nothing is dropped by it: only the writer's
/// transaction knows for sure.
/// </summary>
/// <param name="generationSize">Keys per generation; two are kept, so between one and two times that is remembered.</param>
internal sealed class RecentKeys(int generationSize)
{
    private readonly Lock _lock = new();
    private HashSet<Guid> _current = [];
    private HashSet<Guid> _previous = [];

    /// <summary>How many of the keys are known, counting a key that occurs twice among them once.</summary>
    public int CountKnown(IReadOnlyList<Guid> keys)
    {
        var seen = new HashSet<Guid>(keys.Count);
        lock (_lock)
            return keys.Count(key => !seen.Add(key) || _current.Contains(key) || _previous.Contains(key));
    }

    /// <summary>Remembers keys whose entry the stream has taken.</summary>
    public void Add(IReadOnlyList<Guid> keys)
    {
        lock (_lock)
        {
            foreach (var key in keys)
            {
                if (_current.Count >= generationSize)
                    (_previous, _current) = (_current, []);
                _current.Add(key);
            }
        }
    }
}
