using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.People;

/// <summary>Takes a person out for good, and gives the receipt: for owners and admins.</summary>
internal static class ErasureEndpoints
{
    public static void MapErasures(this IEndpointRouteBuilder routes)
    {
        routes.MapDelete("/v1/persons/{id:guid}", Erase).RequireScope(TokenScopes.Admin)
            .WithSummary("Erases a person: gone from every answer at once, and from all files when the receipt says complete");
        routes.MapGet("/v1/erasures/{id:guid}", Find).RequireScope(TokenScopes.Admin)
            .WithSummary("The receipt of an erasure: each place, and when it was rewritten");
    }

    internal static async Task<Results<Accepted<ErasureAnswer>, ProblemHttpResult>> Erase(
        [Description("Id of the person.")] Guid id,
        [FromQuery(Name = "project_id"), Description("The project; required.")] string? projectId,
        HttpContext http, ProjectRole role, Erasures erasures, CancellationToken ct)
    {
        if (await role.RefusalToEraseAsync(http, projectId, ct) is { } refusal)
            return refusal;
        return await erasures.EraseAsync(Guid.Parse(projectId!), http.User.UserId(), id, ct) is { } erasure
            ? TypedResults.Accepted($"/v1/erasures/{erasure}?project_id={Guid.Parse(projectId!)}", new ErasureAnswer(erasure))
            : Problem.Of(404, "person_not_found", "There is no such person in this project.");
    }

    internal static async Task<Results<Ok<ErasureReceipt>, ProblemHttpResult>> Find(
        [Description("Id of the erasure.")] Guid id,
        [FromQuery(Name = "project_id"), Description("The project; required.")] string? projectId,
        HttpContext http, ProjectRole role, Erasures erasures, CancellationToken ct)
    {
        if (await role.RefusalToEraseAsync(http, projectId, ct) is { } refusal)
            return refusal;
        return await erasures.FindAsync(Guid.Parse(projectId!), id, ct) is { } receipt
            ? TypedResults.Ok(receipt)
            : Problem.Of(404, "erasure_not_found", "There is no such erasure in this project.");
    }
}
