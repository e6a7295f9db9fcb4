using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Cohorts;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Saved;
using Nimbus.ServiceDefaults;
using NodaTime;

namespace Nimbus.QueryService.Querying;

/// <summary>Reads what of people a question looks at, traits and cohorts, into the snapshot that it is answered from.</summary>
public sealed class PeopleReader(TraitReader traits, CohortTable cohorts, IOptions<QueryLimits> limits, TimeProvider time)
{
    /// <summary>How deep cohorts may be made of cohorts.</summary>
    public const int MaxDepth = 5;

    /// <summary>How many sets of people are kept, the last ones asked about.</summary>
    private const int MaxKept = 100;

    private readonly ConcurrentDictionary<(Guid Project, Guid Cohort), Kept> _kept = new();
    private long _uses;

    /// <exception cref="ProblemException">400 <c>cohort_not_found</c>, <c>cohort_cycle</c>, <c>query_too_large</c>.</exception>
    public Task ReadAsync(ProjectSnapshot snapshot, Guid projectId, IEnumerable<PropertyKey> columns, CancellationToken ct) =>
        ReadAsync(snapshot, projectId, columns, [], Minute(), ct);

    /// <summary>Who is in a cohort now; null where there is no such cohort.</summary>
    internal async Task<PersonSet?> FindAsync(ProjectSnapshot snapshot, Guid projectId, Guid cohort, CancellationToken ct) =>
        await SetAsync(snapshot, projectId, cohort, [], Minute(), ct);

    private async Task ReadAsync(
        ProjectSnapshot snapshot, Guid projectId, IEnumerable<PropertyKey> columns, IReadOnlyList<Guid> within, Instant minute, CancellationToken ct)
    {
        foreach (var column in columns)
        {
            if (snapshot.OfPeople.Has(column)) continue;
            if (column.Source == PropertySource.Trait)
            {
                if (await traits.ReadAsync(snapshot, projectId, column.Key, ct) is { } codes) snapshot.OfPeople.Add(column, codes);
                continue;
            }
            var members = await SetAsync(snapshot, projectId, Guid.Parse(column.Key), within, minute, ct)
                ?? throw new ProblemException(400, "cohort_not_found", $"There is no cohort {column.Key} in this project.");
            snapshot.OfPeople.Add(column, members.AsCodes(snapshot.People));
        }
    }

    private async Task<PersonSet?> SetAsync(
        ProjectSnapshot snapshot, Guid projectId, Guid cohort, IReadOnlyList<Guid> within, Instant minute, CancellationToken ct)
    {
        if (within.Contains(cohort) || within.Count >= MaxDepth)
            throw new ProblemException(400, "cohort_cycle", $"Cohorts are made of one another, or more than {MaxDepth} deep.");
        if (_kept.TryGetValue((projectId, cohort), out var kept) && kept.IsOf(snapshot, minute))
        {
            kept.LastUse = Interlocked.Increment(ref _uses);
            return kept.Members;
        }
        if (await cohorts.FindAsync(projectId, cohort, ct) is not { } row) return null;
        var members = CohortTable.IsList(row)
            ? await ListAsync(snapshot, projectId, cohort, ct)
            : await RuleAsync(snapshot, projectId, row, [.. within, cohort], minute, ct);
        _kept[(projectId, cohort)] = new(snapshot.People.Version, snapshot.Watermark, minute, members) { LastUse = Interlocked.Increment(ref _uses) };
        if (_kept.Count > MaxKept) _kept.TryRemove(_kept.MinBy(set => set.Value.LastUse).Key, out _);
        return members;
    }

    private async Task<PersonSet> ListAsync(ProjectSnapshot snapshot, Guid projectId, Guid cohort, CancellationToken ct)
    {
        var members = new PersonSet(snapshot.People);
        await foreach (var key in cohorts.MemberKeysAsync(projectId, cohort, ct))
            if (snapshot.People.Canonical(snapshot.People.Dense(key)) is >= 0 and var person) members.Add(person);
        return members;
    }

    private async Task<PersonSet> RuleAsync(
        ProjectSnapshot snapshot, Guid projectId, SavedRow row, IReadOnlyList<Guid> within, Instant minute, CancellationToken ct)
    {
        using var json = JsonDocument.Parse(row.Document);
        var document = new QueryDocument(json.RootElement, new ProjectMember(projectId, "viewer", "UTC"), minute);
        // What was once accepted is still so, or else it is a fault of ours.
        var rule = CohortRule.Read(document) ?? throw new InvalidOperationException($"Cohort {row.Id} cannot be read.");
        await ReadAsync(snapshot, projectId, document.OfPeople, within, minute, ct);
        return rule.Of(new QueryRun(snapshot, limits.Value, ct));
    }

    private Instant Minute() =>
        Instant.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds() / 60 * 60);

    /// <summary>Who was in a cohort as of a state of the project and a minute.</summary>
    private sealed record Kept(long People, long Watermark, Instant Minute, PersonSet Members)
    {
        public long LastUse { get; set; }

        public bool IsOf(ProjectSnapshot snapshot, Instant minute) =>
            People == snapshot.People.Version && Watermark == snapshot.Watermark && Minute == minute;
    }
}
