using System.Text.Json;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;
using NodaTime;

namespace Nimbus.QueryService.Cohorts;

/// <summary>Who is in a cohort (docs/metrics.md#cohorts).</summary>
public abstract record CohortRule
{
    public const int MaxDepth = 8;
    public const int MaxParts = 50;

    internal abstract PersonSet Of(QueryRun run);

    /// <summary>The rule in the field <c>definition</c>; null after a fault.</summary>
    public static CohortRule? Read(QueryDocument document)
    {
        if (QueryDocument.Field(document.Root, "definition") is not { } definition)
        {
            document.Fault("definition", "is required");
            return null;
        }
        var parts = 0;
        var rule = Read(document, definition, "definition", 1, ref parts);
        return document.Problem is null ? rule : null;
    }

    private static CohortRule? Read(QueryDocument document, JsonElement rule, string path, int depth, ref int parts)
    {
        if (rule.ValueKind != JsonValueKind.Object || depth > MaxDepth || ++parts > MaxParts)
        {
            document.Fault(path, rule.ValueKind != JsonValueKind.Object ? "must be an object"
                : $"is too large: cohorts nest {MaxDepth} deep and have {MaxParts} parts at most");
            return null;
        }
        foreach (var word in (string[])["and", "or"])
        {
            if (!QueryDocument.Has(rule, word)) continue;
            var read = new List<CohortRule?>();
            foreach (var part in document.List(rule, path + ".", word, 1, MaxParts))
                read.Add(Read(document, part, $"{path}.{word}[{read.Count}]", depth + 1, ref parts));
            return read.Contains(null) ? null : new CompoundRule(word == "and", read!);
        }
        if (QueryDocument.Field(rule, "not") is { } negated)
            return Read(document, negated, path + ".not", depth + 1, ref parts) is { } inner ? new NotRule(inner) : null;
        if (QueryDocument.Has(rule, "did") || QueryDocument.Has(rule, "did_not")) return DidRule.Read(document, rule, path);
        if (QueryDocument.Has(rule, "trait") || QueryDocument.Has(rule, "cohort"))
            return document.PersonFilter(rule, path) is { } filter ? new PersonRule(filter) : null;
        document.Fault(path, "must have one of and, or, not, did, did_not, trait, cohort");
        return null;
    }
}

/// <summary>All of some rules hold, or any.</summary>
public sealed record CompoundRule(bool All, IReadOnlyList<CohortRule> Parts) : CohortRule
{
    internal override PersonSet Of(QueryRun run) =>
        Parts.Select(part => part.Of(run)).Aggregate((a, b) => All ? a.And(b) : a.Or(b));
}

/// <summary>Everybody else.</summary>
public sealed record NotRule(CohortRule Rule) : CohortRule
{
    internal override PersonSet Of(QueryRun run) => PersonSet.Everybody(run.Snapshot.People).Except(Rule.Of(run));
}

/// <summary>A trait, or being in another cohort.</summary>
public sealed record PersonRule(PropertyWhere Filter) : CohortRule
{
    internal override PersonSet Of(QueryRun run)
    {
        var column = run.Snapshot.Column(Filter.Source, Filter.Key);
        var matching = column?.Match(Filter.Matches);
        var ofNobody = Filter.Matches(PropertyValue.NotSet);
        var everybody = PersonSet.Everybody(run.Snapshot.People);
        var members = new PersonSet(run.Snapshot.People);
        foreach (var person in everybody.Members())
            if (matching?.Contains(column!.People!.Of(person)) ?? ofNobody) members.Add(person);
        return members;
    }
}

/// <summary>How often people did something: between two counts, both included.</summary>
/// <param name="FromMs">Inclusive, Unix milliseconds.</param>
/// <param name="ToMs">Exclusive.</param>
public sealed record DidRule(EventPattern Events, int AtLeast, int AtMost, long FromMs, long ToMs) : CohortRule
{
    private const int MaxTimes = 1_000_000;

    internal static DidRule? Read(QueryDocument document, JsonElement rule, string path)
    {
        var isNot = !QueryDocument.Has(rule, "did");
        var word = isNot ? "did_not" : "did";
        var events = document.Pattern(QueryDocument.Field(rule, word), $"{path}.{word}");
        var (atLeast, atMost) = Times(document, rule, path, isNot);
        var (from, to) = document.Range(rule, path + ".");
        var within = document.Milliseconds(rule, path + ".", "within");
        if (within is not null && (from is not null || to is not null))
            document.Fault(path + ".within", "does not go with from and to");
        // Now is a minute of the clock: what happened in it so far counts.
        var end = document.Now + Duration.FromMinutes(1);
        return within is { } length
            ? new(events, atLeast, atMost, document.Now.ToUnixTimeMilliseconds() - length, end.ToUnixTimeMilliseconds())
            : new(events, atLeast, atMost, from?.ToUnixTimeMilliseconds() ?? long.MinValue, to?.ToUnixTimeMilliseconds() ?? long.MaxValue);
    }

    internal override PersonSet Of(QueryRun run)
    {
        var snapshot = run.Snapshot;
        var counts = run.PerPerson<int>();
        var selector = new EventSelector(snapshot, [Events.Compile(snapshot)]);
        foreach (var view in run.Blocks(FromMs, ToMs))
        {
            selector.Select(view);
            foreach (var person in selector.People) counts[person]++;
        }
        var members = new PersonSet(snapshot.People);
        var canonical = snapshot.People.CanonicalIds;
        for (var person = 0; person < counts.Length; person++)
            if (canonical[person] == person && counts[person] >= AtLeast && counts[person] <= AtMost) members.Add(person);
        return members;
    }

    private static (int AtLeast, int AtMost) Times(QueryDocument document, JsonElement rule, string path, bool isNot)
    {
        string[] given = [.. ((string[])["at_least", "at_most", "exactly"]).Where(name => QueryDocument.Has(rule, name))];
        if (given.Length > (isNot ? 0 : 1))
            document.Fault($"{path}.{given[^1]}", isNot ? "does not go with did_not" : $"does not go with {given[0]}");
        if (isNot) return (0, 0);
        var times = given.Length == 0 ? 1 : document.Whole(rule, path + ".", given[0], 1, 0, MaxTimes);
        return given is ["at_most"] ? (0, times) : given is ["exactly"] ? (times, times) : (times, int.MaxValue);
    }
}
