using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Saved;

/// <summary>The query string of a list of saved things, as written.</summary>
/// <remarks>Attributes are on the properties: the OpenAPI generator fails over those of a constructor.</remarks>
internal sealed record SavedListParameters(
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId,
    [property: FromQuery(Name = "limit"), Description("1 to 1000, 100 by default.")]
    string? Limit,
    [property: FromQuery(Name = "cursor"), Description("next_cursor of the page before.")]
    string? Cursor)
{
    public const int MaxLimit = 1000;

    /// <summary>How many are asked for, and the last id of the page before.</summary>
    public (int Limit, Guid? Before) Page(QueryParameters read)
    {
        var limit = read.Limit(Limit, 100, MaxLimit);
        if (string.IsNullOrEmpty(Cursor)) return (limit, null);
        if (Guid.TryParseExact(Cursor, "N", out var before)) return (limit, before);
        read.Fault("cursor", "must be the next_cursor of an answer");
        return (limit, null);
    }

    /// <summary>Cuts a page off what was read, which is one more than the limit where there is another.</summary>
    public static (IReadOnlyList<SavedRow> Page, string? NextCursor) Cut(List<SavedRow> rows, int limit) =>
        rows.Count <= limit ? (rows, null) : (rows[..limit], rows[limit - 1].Id.ToString("N"));
}

/// <summary>The path and query string of one saved thing, as written.</summary>
internal sealed record SavedParameters(
    [property: FromRoute(Name = "id"), Description("Its id.")]
    Guid Id,
    [property: FromQuery(Name = "project_id"), Description("The project; required.")]
    string? ProjectId);
