using Microsoft.Extensions.Options;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Cohorts;

/// <summary>Who is in which cohort now.</summary>
public sealed class CohortPeople(ProjectSnapshots snapshots, PeopleReader people, IOptions<QueryLimits> limits)
{
    /// <summary>How many people are in a cohort that there is.</summary>
    public Task<long> SizeAsync(Guid projectId, Guid cohort, CancellationToken ct) =>
        OverAsync(projectId, async (snapshot, timeout) => (await people.FindAsync(snapshot, projectId, cohort, timeout))?.Count ?? 0, ct);

    /// <summary>The keys of the people in a cohort, as they are in <c>ids</c>: those below a key, the largest first.</summary>
    /// <returns>Null where there is no such cohort.</returns>
    public Task<long[]?> KeysAsync(Guid projectId, Guid cohort, long? below, int take, CancellationToken ct) =>
        OverAsync(projectId, async (snapshot, timeout) =>
        {
            if (await people.FindAsync(snapshot, projectId, cohort, timeout) is not { } members) return null;
            var keys = members.Members().Select(snapshot.People.Key).Where(key => below is null || key < below).ToArray();
            Array.Sort(keys);
            Array.Reverse(keys);
            return keys.Length <= take ? keys : keys[..take];
        }, ct);

    /// <summary>Finds out whether what a definition is made of is there.</summary>
    /// <exception cref="ProblemException">400 <c>cohort_not_found</c> or <c>cohort_cycle</c>.</exception>
    public Task CheckAsync(QueryDocument document, CancellationToken ct) =>
        document.OfPeople.Count == 0 ? Task.CompletedTask : OverAsync(document.Project.ProjectId, async (snapshot, timeout) =>
        {
            await people.ReadAsync(snapshot, document.Project.ProjectId, document.OfPeople, timeout);
            return true;
        }, ct);

    private async Task<T> OverAsync<T>(Guid projectId, Func<ProjectSnapshot, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        using var snapshot = await snapshots.OpenAsync(projectId, ct);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(limits.Value.Timeout);
        try
        {
            return await read(snapshot, timeout.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new ProblemException(503, "query_timeout", $"Finding out who is in the cohort took longer than {limits.Value.Timeout.TotalSeconds:0.#} seconds.");
        }
    }
}
