using System.Text.Json;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;
using NodaTime;
using NodaTime.Text;

namespace Nimbus.Tests.Query;

/// <summary>Query documents over projects in memory.</summary>
public static class MemoryQueries
{
    public static readonly Instant Now = Instant.FromUtc(2026, 3, 20, 12, 0);

    public static QueryRun Over(ProjectSnapshot snapshot, QueryLimits? limits = null) =>
        new(snapshot, limits ?? new QueryLimits(), default);

    /// <summary>Reads a document, which must have no fault.</summary>
    public static TQuery Read<TQuery>(Func<QueryDocument, TQuery> read, string json, Instant? now = null, bool hasOwnCohort = false)
    {
        var document = Document(json, now, hasOwnCohort);
        var query = read(document);
        Assert.Null(document.Problem?.ProblemDetails.Extensions["errors"]);
        return query;
    }

    /// <summary>The faults of a document, by the path of the field.</summary>
    public static Dictionary<string, string[]> Faults<TQuery>(Func<QueryDocument, TQuery> read, string json, bool hasOwnCohort = false)
    {
        var document = Document(json, null, hasOwnCohort);
        read(document);
        return document.Problem?.ProblemDetails.Extensions["errors"] as Dictionary<string, string[]> ?? [];
    }

    /// <summary>An event at a time of day of 2 March 2026, UTC, or at an RFC 3339 time.</summary>
    public static MemoryEvent Event(string time, string name, string? userId, params (string Key, string Json)[] props) =>
        new(At(time).ToUnixTimeMilliseconds(), name, userId, Props: props.ToDictionary(p => p.Key, p => p.Json));

    public static Instant At(string time) => InstantPattern.ExtendedIso.Parse(time.Contains('T', StringComparison.Ordinal)
        ? time : $"2026-03-02T{time}{(time.Length == 5 ? ":00" : "")}Z").Value;

    private static QueryDocument Document(string json, Instant? now, bool hasOwnCohort)
    {
        var member = new ProjectMember(Guid.CreateVersion7(), "owner", "UTC");
        return new(JsonSerializer.Deserialize<JsonElement>(json), member, now ?? Now, hasOwnCohort);
    }
}
