using System.Text;

namespace Nimbus.IngestService.Writing;

/// <summary>The kinds of edges between ids; the column <c>id_edges.kind</c>.</summary>
internal enum IdEdgeKind : short
{
    /// <summary>The anonymous id A was seen with the user id B.</summary>
    Link = 0,

    /// <summary>A client joined A and B.</summary>
    Alias = 1,

    /// <summary>A member of the project joined A and B.</summary>
    Merge = 2,
}

/// <summary>An edge that is not taken back.</summary>
/// <param name="Ts">When A was first seen with B, in Unix milliseconds; of no meaning for an alias.</param>
/// <param name="RawB">The raw id of B; of no meaning for an alias.</param>
internal readonly record struct IdEdge(long A, long B, IdEdgeKind Kind, long Ts, string RawB);

/// <summary>
/// Which ids are one person. An anonymous id belongs to the user id it was linked with first (smallest ts, then smallest raw
/// user id, by its UTF-8): its other links join nothing, so that a shared device does not make its users one. Aliases and merges
/// always join. The canonical id is the smallest key of a component.
/// </summary>
internal static class CanonicalIds
{
    /// <summary>A person of more ids than this is most likely none, but a test account or a default id that links strangers.</summary>
    public const int ManyIds = 500;

    /// <summary>The canonical id of each of <paramref name="ids"/>: a function of the set of edges, whatever their order.</summary>
    /// <param name="ids">The keys of all ids that the edges touch, and of any others.</param>
    public static Dictionary<long, long> Of(IEnumerable<long> ids, IReadOnlyCollection<IdEdge> edges)
    {
        var parents = ids.Distinct().ToDictionary(id => id);
        foreach (var edge in FirstLinks(edges).Concat(edges.Where(edge => edge.Kind != IdEdgeKind.Link)))
            Join(parents, edge.A, edge.B);
        return parents.Keys.ToDictionary(id => id, id => Root(parents, id));
    }

    private static IEnumerable<IdEdge> FirstLinks(IEnumerable<IdEdge> edges) => edges
        .Where(edge => edge.Kind == IdEdgeKind.Link)
        .GroupBy(edge => edge.A)
        .Select(links => links.MinBy(link => (link.Ts, new Utf8Order(link.RawB))));

    private static void Join(Dictionary<long, long> parents, long a, long b)
    {
        var (rootA, rootB) = (Root(parents, a), Root(parents, b));
        parents[Math.Max(rootA, rootB)] = Math.Min(rootA, rootB);
    }

    private static long Root(Dictionary<long, long> parents, long id)
    {
        while (parents[id] != id)
            id = parents[id] = parents[parents[id]];
        return id;
    }

    /// <summary>The order that PostgreSQL has under COLLATE "C". UTF-16's differs where surrogates are.</summary>
    private readonly record struct Utf8Order(string Text) : IComparable<Utf8Order>
    {
        public int CompareTo(Utf8Order other) =>
            Encoding.UTF8.GetBytes(Text).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(other.Text));
    }
}
