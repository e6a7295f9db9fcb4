using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Saved;

namespace Nimbus.QueryService.Cohorts;

/// <summary>A page of cohorts, the latest first.</summary>
/// <param name="NextCursor">Asks for the page after this one; null at the end.</param>
public sealed record CohortsResult(IReadOnlyList<CohortResult> Cohorts, string? NextCursor);

/// <summary>A cohort: some of a project's people (docs/metrics.md#cohorts).</summary>
/// <param name="Definition">Who is in it; null of a list.</param>
/// <param name="List">Its people are put on it one by one.</param>
/// <param name="Tz">The time zone that dates in the definition are read in; null of a list.</param>
/// <param name="Size">How many people are in it now; in lists and after changes it is left out.</param>
public sealed record CohortResult(
    Guid Id, string Name, string Description, RawJson? Definition, bool List, string? Tz, long Version, Guid CreatedBy,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime CreatedAt,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime UpdatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Size = null)
{
    internal static CohortResult Of(SavedRow row, long? size = null)
    {
        using var document = JsonDocument.Parse(row.Document);
        var isList = CohortTable.IsList(row);
        return new(row.Id, row.Name, row.Description,
            isList ? null : new RawJson(document.RootElement.GetProperty("definition").GetRawText()), isList,
            isList ? null : document.RootElement.GetProperty("tz").GetString(), row.Version, row.CreatedBy, row.CreatedAt, row.UpdatedAt, size);
    }
}

/// <summary>What became of a change to a list.</summary>
/// <param name="Unknown">Ids that no person of the project has; nothing is kept of them.</param>
/// <param name="Size">How many people are on the list now.</param>
public sealed record CohortMembersResult(int Unknown, long Size);

/// <summary>The body of <c>POST</c> and <c>PATCH /v1/cohorts</c>, for the API's description.</summary>
internal sealed record CohortDocument
{
    [Description("May stand in the query instead.")]
    public Guid? ProjectId { get; init; }

    [Description("1 to 200 characters; required of a new one.")]
    public string? Name { get; init; }

    public string? Description { get; init; }

    [Description("{and|or: [...]}, {not: {...}}, {did|did_not: {name?, where?}, at_least|at_most|exactly?, within? | from?, to?}, {trait: KEY, op, value} or {cohort: ID}.")]
    public JsonElement? Definition { get; init; }

    [Description("True: a list of people, without a definition.")]
    public bool? List { get; init; }

    [Description("IANA time zone that dates in the definition are read in; the project's by default.")]
    public string? Tz { get; init; }
}

/// <summary>The body of <c>POST /v1/cohorts/{id}/members</c>: ids of people, of either kind.</summary>
internal sealed record CohortMembersDocument
{
    public IReadOnlyList<string>? DistinctIds { get; init; }

    public IReadOnlyList<Guid>? PersonIds { get; init; }
}
