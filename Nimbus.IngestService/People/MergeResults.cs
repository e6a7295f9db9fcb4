namespace Nimbus.IngestService.People;

/// <summary>Two persons to make one. Either <c>person_ids</c> or <c>distinct_ids</c>, two of them.</summary>
/// <param name="ProjectId">The project; may stand in the query string instead.</param>
/// <param name="PersonIds">Ids of persons, as answers give them.</param>
/// <param name="DistinctIds">User or anonymous ids, as events have them.</param>
public sealed record MergeRequest(string? ProjectId, IReadOnlyList<string?>? PersonIds, IReadOnlyList<string?>? DistinctIds);

/// <summary>What makes a person of their ids, the oldest first.</summary>
/// <param name="NextCursor">Asks for the page after this one; null at the end.</param>
public sealed record MergesResult(IReadOnlyList<PersonMerge> Merges, string? NextCursor);

/// <summary>One edge between two ids.</summary>
/// <param name="Id">What <c>POST /v1/persons/merges/{id}/undo</c> takes.</param>
/// <param name="Kind">How it came about.</param>
/// <param name="Ids">The two raw ids; of a link the anonymous one first.</param>
/// <param name="Ts">When the two were first seen together, or when they were joined.</param>
/// <param name="EventId">The event that carried both; null for a merge.</param>
/// <param name="MadeBy">The member who merged them; null for what events did.</param>
/// <param name="UndoneAt">When it was taken back; null while it holds.</param>
/// <param name="UndoneBy">The member who took it back.</param>
public sealed record PersonMerge(
    Guid Id, MergeKind Kind, IReadOnlyList<string> Ids, DateTimeOffset Ts, Guid? EventId, Guid? MadeBy, DateTimeOffset? UndoneAt,
    Guid? UndoneBy);

/// <summary>How two ids became one person.</summary>
public enum MergeKind
{
    /// <summary>An event carried an anonymous and a user id.</summary>
    Link,

    /// <summary>A client sent an alias.</summary>
    Alias,

    /// <summary>A member of the project merged two persons.</summary>
    Merge,
}

/// <summary>Two persons are one.</summary>
/// <param name="PersonId">The person that both are now.</param>
/// <param name="IdCount">How many ids that person has.</param>
/// <param name="Warnings">Empty when all is well.</param>
public sealed record MergeResult(PersonMerge Merge, Guid PersonId, int IdCount, IReadOnlyList<PersonWarning> Warnings);

/// <summary>Something to look at, though it was done as asked.</summary>
/// <param name="Code">A stable word: <c>many_ids</c>.</param>
public sealed record PersonWarning(string Code, string Message);

/// <summary>An edge is taken back.</summary>
/// <param name="PersonIds">Whose its two ids are now: two persons, or one that something else holds together.</param>
public sealed record UndoResult(PersonMerge Merge, IReadOnlyList<Guid> PersonIds);
