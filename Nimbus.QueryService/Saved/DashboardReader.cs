using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Saved;

/// <summary>Answers all questions of a dashboard.</summary>
public sealed class DashboardReader(SavedTable saved, SavedAnswers answers)
{
    public async Task<DashboardAnswers> ReadAsync(
        SavedRow dashboard, ProjectMember member, AskedRange range, bool isFresh, CancellationToken ct)
    {
        var tiles = DashboardTile.Of(dashboard);
        var insights = (await saved.FindAsync(SavedKind.Insight, member.ProjectId, [.. tiles.Select(tile => tile.InsightId).Distinct()], ct))
            .ToDictionary(row => row.Id, SavedInsight.Of);
        var answered = new List<TileAnswer>();
        // One after the other: each uses all processors it may.
        foreach (var tile in tiles)
        {
            if (!insights.TryGetValue(tile.InsightId, out var insight)) continue;
            var (answer, problem) = await answers.AskAsync(insight.Kind, insight.Query, member, range, isFresh, ct);
            answered.Add(new(tile.X, tile.Y, tile.Width, tile.Height, insight.Name, insight.Description, insight.Kind, answer,
                problem is null ? null : new((string)problem.ProblemDetails.Extensions["code"]!, problem.ProblemDetails.Detail)));
        }
        return new(dashboard.Name, dashboard.Description, range.Tz is { Length: > 0 } asked ? asked : member.TimeZone, answered);
    }

    /// <summary>Names the tiles whose question is not there.</summary>
    internal async Task CheckAsync(QueryDocument document, IReadOnlyList<DashboardTile>? tiles, CancellationToken ct)
    {
        if (tiles is null || document.Problem is not null) return;
        var known = (await saved.FindAsync(SavedKind.Insight, document.Project.ProjectId, [.. tiles.Select(tile => tile.InsightId).Distinct()], ct))
            .Select(row => row.Id).ToHashSet();
        for (var i = 0; i < tiles.Count; i++)
            if (!known.Contains(tiles[i].InsightId)) document.Fault($"tiles[{i}].insight_id", "is of no saved question of this project");
    }
}
