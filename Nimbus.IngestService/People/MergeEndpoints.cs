using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.People;

/// <summary>What makes a person of several ids: seen by members, changed by analysts and up.</summary>
internal static class MergeEndpoints
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;
    private const int MaxIdLength = 200;

    public static void MapMerges(this IEndpointRouteBuilder persons)
    {
        persons.MapGet("/{id:guid}/merges", List)
            .WithSummary("What holds the person's ids together: links, aliases and merges, also those that were taken back");
        persons.MapPost("/merges", Join).WithSummary("Makes two persons one, over the whole past");
        persons.MapPost("/merges/{id:guid}/undo", Undo)
            .WithSummary("Takes a link, alias or merge back: answers return to what they were without it");
    }

    internal static async Task<Results<Ok<MergesResult>, ProblemHttpResult>> List(
        [Description("Id of the person.")] Guid id,
        [FromQuery(Name = "project_id"), Description("The project; required.")] string? projectId,
        [Description("1 to 1000, 100 by default.")] string? limit,
        [Description("next_cursor of the page before.")] string? cursor,
        HttpContext http, ProjectRole role, Merges merges, CancellationToken ct)
    {
        if (await role.RefusalToReadAsync(http, projectId, ct) is { } refusal)
            return refusal;
        var errors = new Dictionary<string, string[]>();
        var take = DefaultLimit;
        if (!string.IsNullOrEmpty(limit) && (!int.TryParse(limit, out take) || take is < 1 or > MaxLimit))
            errors["limit"] = [$"must be 1 to {MaxLimit}"];
        var after = Guid.Empty;
        if (!string.IsNullOrEmpty(cursor) && !PageCursor.TryRead(cursor, out after))
            errors["cursor"] = ["is not one that this list gave"];
        if (errors.Count > 0)
            return Problem.Invalid(errors);

        if (await merges.PageAsync(Guid.Parse(projectId!), id, after, take + 1, ct) is not { } page)
            return Problem.Of(404, "person_not_found", "There is no such person in this project.");
        if (page.Count <= take)
            return TypedResults.Ok(new MergesResult(page, null));
        page.RemoveAt(take);
        return TypedResults.Ok(new MergesResult(page, PageCursor.Of(page[^1].Id)));
    }

    internal static async Task<Results<Created<MergeResult>, ProblemHttpResult>> Join(
        MergeRequest request,
        [FromQuery(Name = "project_id"), Description("The project, where the body does not say it.")] string? projectId,
        HttpContext http, ProjectRole role, Merges merges, CancellationToken ct)
    {
        var project = request.ProjectId ?? projectId;
        if (await role.RefusalToChangeAsync(http, project, ct) is { } refusal)
            return refusal;
        var (both, errors) = Read(request);
        return errors.Count > 0
            ? Problem.Invalid(errors)
            : TypedResults.Created((string?)null, await merges.JoinAsync(Guid.Parse(project!), http.User.UserId(), both, ct));
    }

    internal static async Task<Results<Ok<UndoResult>, ProblemHttpResult>> Undo(
        [Description("Id of the link, alias or merge.")] Guid id,
        [FromQuery(Name = "project_id"), Description("The project; required.")] string? projectId,
        HttpContext http, ProjectRole role, Merges merges, CancellationToken ct) =>
        await role.RefusalToChangeAsync(http, projectId, ct) is { } refusal
            ? refusal
            : TypedResults.Ok(await merges.UndoAsync(Guid.Parse(projectId!), http.User.UserId(), id, ct));

    private static ((Guid? Person, string? RawId)[] Both, Dictionary<string, string[]> Errors) Read(MergeRequest request)
    {
        var errors = new Dictionary<string, string[]>();
        if (request is { PersonIds: not null, DistinctIds: null })
        {
            var ids = request.PersonIds.Select(id => Guid.TryParse(id, out var parsed) ? parsed : (Guid?)null).ToList();
            if (ids is [{ } a, { } b])
                return ([(a, null), (b, null)], errors);
            errors["person_ids"] = ["must be two ids of persons"];
        }
        else if (request is { PersonIds: null, DistinctIds: not null })
        {
            if (request.DistinctIds is [{ Length: <= MaxIdLength } a, { Length: <= MaxIdLength } b] && IsStorable(a) && IsStorable(b))
                return ([(null, a), (null, b)], errors);
            errors["distinct_ids"] = [$"must be two ids of at most {MaxIdLength} characters"];
        }
        else
        {
            errors["person_ids"] = ["give either two person_ids or two distinct_ids"];
        }
        return ([], errors);
    }

    /// <summary>PostgreSQL takes neither; no stored id has them.</summary>
    private static bool IsStorable(string id)
    {
        for (var i = 0; i < id.Length; i++)
        {
            if (id[i] == '\0' || (char.IsSurrogate(id[i]) && !(char.IsSurrogatePair(id, i) && i++ >= 0)))
                return false;
        }
        return true;
    }
}
