using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;
using NodaTime;

namespace Nimbus.QueryService.Metrics;

/// <summary>Measures over time.</summary>
public static class MetricsEndpoints
{
    public static void MapMetricsQueries(this IEndpointRouteBuilder routes) =>
        routes.MapProjectQueries("/v1/metrics").WithTags("Metrics").MapGet("", GetMetrics).WithDescription(
            "A measure over consecutive buckets. props.KEY=VALUE keeps events whose property KEY is VALUE.");

    internal static async Task<Results<Ok<MetricsResult>, ProblemHttpResult>> GetMetrics(
        [AsParameters] MetricsParameters asked,
        HttpContext http,
        Insights insights,
        IdKeys ids,
        TimeProvider time,
        CancellationToken ct)
    {
        var read = new QueryParameters();
        var query = Understand(asked, http, read, Instant.FromDateTimeOffset(time.GetUtcNow()));
        if (read.Problem is { } problem) return problem;

        var projectId = http.Project().ProjectId;
        var question = new Question("metrics", projectId, query!.Key, Insights.WantsFresh(http.Request));
        return TypedResults.Ok(await insights.RunAsync(question, run => MetricsReader.Run(query, run), ct, async () =>
        {
            if (query.Filter.UserId is { } sender) query = query with { SenderKey = await ids.FindAsync(projectId, sender, ct) };
        }));
    }

    /// <returns>Null only where <paramref name="read"/> has a problem.</returns>
    private static MetricsQuery? Understand(
        MetricsParameters asked, HttpContext http, QueryParameters read, Instant now)
    {
        var project = http.Project();
        var size = BucketSize.Hour;
        if (!string.IsNullOrEmpty(asked.Bucket) && !BucketSizes.TryParse(asked.Bucket, out size))
            read.Fault("bucket", $"must be one of {BucketSizes.All}");
        var measure = string.IsNullOrEmpty(asked.Measure) ? Measure.Count : Measure.Parse(asked.Measure);
        if (measure is null)
            read.Fault("measure", "must be count, users, or sum, avg, min, max, p50, p90 or p99 of a property, as in sum:price");
        var calendar = read.Calendar(asked.Tz, project.TimeZone);
        var limit = read.Limit(asked.Limit, 24, int.MaxValue);
        var (from, to) = read.Range(asked.From, asked.To, calendar, defaultTo: now);
        var filter = read.Filter(asked.Name, asked.UserId, http.Request);
        if (read.Problem is not null) return null;

        var buckets = new Buckets(calendar, size);
        var range = from is { } start ? buckets.Covering(start, to!.Value)
            : limit <= Buckets.Max ? buckets.Last(limit, to!.Value)
            : null;
        if (range is null)
            throw new ProblemException(400, "too_many_buckets",
                $"An answer has at most {Buckets.Max:N0} buckets. Ask for larger ones, or for less time.");
        return new(range, filter, measure!, size, calendar.Zone.Id, QueryParameters.Text(asked.GroupBy));
    }
}
