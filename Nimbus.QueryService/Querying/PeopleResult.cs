namespace Nimbus.QueryService.Querying;

/// <summary>Some people behind a figure, in the order of their ids.</summary>
/// <param name="People">The ids under which <c>/v1/events</c> shows their events, as <c>person_id</c>.</param>
/// <param name="Total">How many there are on all pages.</param>
/// <param name="NextCursor">Null on the last page.</param>
public sealed record PeopleResult(IReadOnlyList<PersonReference> People, long Total, string? NextCursor) : InsightResult;

/// <summary>A person, to be asked for by id.</summary>
public sealed record PersonReference(Guid PersonId);

/// <summary>Which page of a list of people.</summary>
/// <param name="After">The last person of the page before.</param>
public sealed record PeoplePage(int Limit, Guid? After)
{
    public const int MaxLimit = 1000;

    public static PeoplePage Read(QueryDocument document)
    {
        var limit = document.Whole(document.Root, "", "limit", 100, 1, MaxLimit);
        if (document.Text(document.Root, "", "cursor") is not { } cursor) return new(limit, null);
        if (Guid.TryParseExact(cursor, "N", out var after)) return new(limit, after);
        document.Fault("cursor", "must be the next_cursor of another page");
        return new(limit, null);
    }

    public PeopleResult Of(IEnumerable<Guid> people)
    {
        var all = people.ToArray();
        Array.Sort(all);
        var start = After is { } after ? Array.BinarySearch(all, after) switch { >= 0 and var at => at + 1, var at => ~at } : 0;
        var page = all.Skip(start).Take(Limit).ToList();
        return new([.. page.Select(id => new PersonReference(id))], all.Length,
            start + page.Count < all.Length ? page[^1].ToString("N") : null);
    }
}
