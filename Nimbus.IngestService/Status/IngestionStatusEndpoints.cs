using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.DeadLetters;
using Nimbus.IngestService.People;
using Nimbus.ServiceDefaults;
using StackExchange.Redis;

namespace Nimbus.IngestService.Status;

/// <summary>How far what was sent is from being stored.</summary>
/// <param name="LagSeconds">Age of the oldest request that waits, of any project: they wait in one line.</param>
/// <param name="WaitingRequests">How many wait, of all projects.</param>
/// <param name="DeadLetters">Events of this project that could not be stored.</param>
public sealed record IngestionStatus(double LagSeconds, long WaitingRequests, long DeadLetters);

internal static class IngestionStatusEndpoints
{
    public static void MapIngestionStatus(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/projects/{id:guid}/ingestion", Get).WithTags("Projects").RequireAuthorization(Policies.User)
            .WithSummary("How far behind storing is, and how many events could not be stored")
            .ProducesProblem(401).ProducesProblem(404).ProducesProblem(503);

    internal static async Task<Results<Ok<IngestionStatus>, ProblemHttpResult>> Get(
        [Description("Id of the project.")] Guid id, HttpContext http, ProjectRole role, Backlog backlog, DeadLetterTable letters, CancellationToken ct)
    {
        if (await role.RefusalToReadAsync(http, $"{id}", ct) is { } refusal)
            return refusal;
        try
        {
            return TypedResults.Ok(new IngestionStatus(
                (await backlog.AgeAsync(ct)).TotalSeconds, await backlog.CountAsync(ct), await letters.CountAsync(id, ct)));
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            return Problem.Of(503, "redis_unavailable", "Redis cannot be asked at the moment.");
        }
    }
}
