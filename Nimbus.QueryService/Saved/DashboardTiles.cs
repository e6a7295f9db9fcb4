using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Saved;

/// <summary>Where a saved question stands on a dashboard: a grid of 12 columns, counted from 0.</summary>
public sealed record DashboardTile(Guid InsightId, int X, int Y, int Width, int Height)
{
    public const int Columns = 12;
    public const int Max = 50;
    private const int MaxRows = 10_000;

    /// <summary>The tiles in the field <c>tiles</c>; null without it.</summary>
    internal static IReadOnlyList<DashboardTile>? Read(QueryDocument document)
    {
        if (!QueryDocument.Has(document.Root, "tiles")) return null;
        return [.. document.List(document.Root, "", "tiles", 0, Max).Select((tile, i) =>
        {
            var path = $"tiles[{i}].";
            var id = QueryDocument.Field(tile, "insight_id") is { ValueKind: JsonValueKind.String } text && Guid.TryParse(text.GetString(), out var parsed)
                ? parsed : Guid.Empty;
            if (id == Guid.Empty) document.Fault(path + "insight_id", "must be the id of a saved question");
            var x = document.Whole(tile, path, "x", 0, 0, Columns - 1);
            return new DashboardTile(id, x, document.Whole(tile, path, "y", 0, 0, MaxRows),
                document.Whole(tile, path, "width", Math.Min(6, Columns - x), 1, Columns - x), document.Whole(tile, path, "height", 4, 1, 100));
        })];
    }

    internal static IReadOnlyList<DashboardTile> Of(SavedRow dashboard) =>
        JsonSerializer.Deserialize<Tiles>(dashboard.Document, JsonConventions.Options)!.List;

    internal static string Json(IReadOnlyList<DashboardTile> tiles) => JsonSerializer.Serialize(new Tiles(tiles), JsonConventions.Options);

    private sealed record Tiles([property: JsonPropertyName("tiles")] IReadOnlyList<DashboardTile> List);
}

/// <summary>A page of dashboards, the latest first.</summary>
public sealed record DashboardsResult(IReadOnlyList<DashboardResult> Dashboards, string? NextCursor);

/// <summary>A grid of saved questions.</summary>
public sealed record DashboardResult(
    Guid Id, string Name, string Description, IReadOnlyList<DashboardTile> Tiles, long Version, Guid CreatedBy,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime CreatedAt,
    [property: JsonConverter(typeof(UtcMilliseconds))] DateTime UpdatedAt)
{
    internal static DashboardResult Of(SavedRow row) => new(
        row.Id, row.Name, row.Description, DashboardTile.Of(row), row.Version, row.CreatedBy, row.CreatedAt, row.UpdatedAt);
}

/// <summary>A dashboard with the answers to its questions.</summary>
/// <param name="Tiles">Those whose question is still there.</param>
public sealed record DashboardAnswers(string Name, string Description, string TimeZone, IReadOnlyList<TileAnswer> Tiles);

/// <summary>A question on a dashboard, and its answer or why there is none.</summary>
/// <param name="Answer">As <c>POST /v1/insights/KIND</c> gives it.</param>
public sealed record TileAnswer(
    int X, int Y, int Width, int Height, string Name, string Description, string Kind, object? Answer, TileProblem? Problem);

/// <param name="Code">As the code of the problem document would be.</param>
public sealed record TileProblem(string Code, string? Detail);

/// <summary>The body of <c>POST</c> and <c>PATCH /v1/dashboards</c>, for the API's description.</summary>
internal sealed record DashboardDocument
{
    [Description("May stand in the query instead.")]
    public Guid? ProjectId { get; init; }

    [Description("1 to 200 characters; required of a new one.")]
    public string? Name { get; init; }

    public string? Description { get; init; }

    [Description("At most 50, on a grid of 12 columns.")]
    public IReadOnlyList<DashboardTile>? Tiles { get; init; }
}
