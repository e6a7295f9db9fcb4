using Microsoft.Extensions.Options;

namespace Nimbus.QueryService.Querying;

/// <summary>Which question found something in which events.</summary>
/// <param name="SealedVersion">Of the segment; with time and count it says which events, see <see cref="Stretch"/>.</param>
/// <param name="PeopleVersion">0 where the question is not about people.</param>
/// <param name="Question">All that matters of it, as text.</param>
public readonly record struct PartKey(long SealedVersion, long FirstMs, int Count, long PeopleVersion, string Question);

/// <summary>What questions found in sealed segments, so that one asked again looks at what is new alone.</summary>
public sealed class PartCache
{
    private readonly BoundedCache<PartKey, object> _parts;

    public PartCache(IOptions<QueryLimits> limits, QueryMetrics metrics)
    {
        (_parts, Metrics) = (new(limits.Value.PartCacheBytes), metrics);
        metrics.WatchCache("parts", () => _parts.Bytes);
    }

    internal QueryMetrics Metrics { get; }

    public T? Find<T>(PartKey key) where T : class
    {
        var isKept = _parts.TryGet(key, out var part);
        Metrics.CountLookup("parts", isKept);
        return isKept ? (T)part : null;
    }

    public void Keep(PartKey key, object part, long bytes) => _parts.Set(key, part, bytes + 100);
}
