namespace Nimbus.QueryService.Querying;

/// <summary>Keeps what was used last, as much of it as fits into so many bytes. Safe for several threads.</summary>
public sealed class BoundedCache<TKey, TValue>(long maxBytes)
    where TKey : notnull
{
    // So that one large value does not drive out everything else.
    private const int LargestShare = 8;

    private readonly Lock _using = new();
    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public bool TryGet(TKey key, out TValue value)
    {
        lock (_using)
        {
            if (!_entries.TryGetValue(key, out var node))
            {
                value = default!;
                return false;
            }
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            value = node.Value.Value;
            return true;
        }
    }

    /// <summary>Takes the place of what the key had.</summary>
    /// <param name="bytes">About what it holds, the key included; more than an eighth of all there may be is not kept.</param>
    public void Set(TKey key, TValue value, long bytes)
    {
        lock (_using)
        {
            if (_entries.Remove(key, out var known)) Forget(known);
            if (bytes > maxBytes / LargestShare) return;
            while (_bytes + bytes > maxBytes && _byUse.Last is { } oldest)
            {
                _entries.Remove(oldest.Value.Key);
                Forget(oldest);
            }
            _entries.Add(key, _byUse.AddFirst(new Entry(key, value, bytes)));
            _bytes += bytes;
        }
    }

    private void Forget(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
    }

    private sealed record Entry(TKey Key, TValue Value, long Bytes);
}
