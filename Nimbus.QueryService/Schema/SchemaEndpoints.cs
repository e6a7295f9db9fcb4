using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Schema;

/// <summary>What events a project has, and what is in them.</summary>
public static class SchemaEndpoints
{
    public static IServiceCollection AddSchema(this IServiceCollection services) => services.AddSingleton<SchemaReader>();

    public static void MapSchema(this IEndpointRouteBuilder routes)
    {
        var schema = routes.MapProjectQueries("/v1/schema/events").WithTags("Schema");
        schema.MapGet("", ListNames).WithDescription("The names of events, how often they happened and when.");
        schema.MapGet("/{name}/properties", ListProperties)
            .WithDescription("The properties of the newest 10,000 events of a name, with types and sample values.");
        schema.MapGet("/{name}/properties/{key}/values", ListValues)
            .WithDescription("The most frequent values of a property in the newest 10,000 events of a name.");
    }

    internal static async Task<Results<Ok<EventNamesResult>, ProblemHttpResult>> ListNames(
        [AsParameters] EventNamesParameters asked, HttpContext http, SchemaReader schema, CancellationToken ct)
    {
        var read = new QueryParameters();
        var project = http.Project();
        var (from, to) = read.Range(asked.From, asked.To, read.Calendar(asked.Tz, project.TimeZone));
        var limit = read.Limit(asked.Limit, SchemaReader.MaxNames, SchemaReader.MaxNames);
        return read.Problem is { } problem
            ? problem
            : TypedResults.Ok(await schema.ReadNamesAsync(project.ProjectId, from, to, limit, ct));
    }

    internal static async Task<Ok<PropertiesResult>> ListProperties(
        [AsParameters] PropertiesParameters asked, HttpContext http, SchemaReader schema, CancellationToken ct) =>
        TypedResults.Ok(await schema.ReadPropertiesAsync(http.Project().ProjectId, Segment(http, 3) ?? asked.Name, ct));

    internal static async Task<Results<Ok<PropertyValuesResult>, ProblemHttpResult>> ListValues(
        [AsParameters] PropertyValuesParameters asked, HttpContext http, SchemaReader schema, CancellationToken ct)
    {
        var read = new QueryParameters();
        var limit = read.Limit(asked.Limit, 100, SchemaReader.MaxValues);
        if (read.Problem is { } problem) return problem;
        var (name, key) = (Segment(http, 3) ?? asked.Name, Segment(http, 5) ?? asked.Key);
        return TypedResults.Ok(await schema.ReadValuesAsync(http.Project().ProjectId, name, key, limit, ct));
    }

    /// <summary>A segment of the path as the client meant it.</summary>
    /// <remarks>In route values %2F stays as it is, and can no longer be told from %252F.</remarks>
    private static string? Segment(HttpContext http, int index)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (!target.StartsWith('/')) return null;
        var segments = target[1..].Split('?')[0].Split('/');
        return index < segments.Length ? StoredText.Of(Uri.UnescapeDataString(segments[index])) : null;
    }
}
