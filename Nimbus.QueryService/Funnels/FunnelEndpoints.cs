using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Funnels;

/// <summary>How many people come how far.</summary>
public static class FunnelEndpoints
{
    public static void MapFunnels(this IEndpointRouteBuilder routes)
    {
        var funnels = routes.MapInsights();
        funnels.MapPost("/funnel", RunFunnel).Accepts<FunnelDocument>("application/json")
            .WithDescription("How many people reach each step of a funnel within its window.");
        funnels.MapPost("/funnel/people", ListPeople).Accepts<FunnelPeopleDocument>("application/json")
            .WithDescription("Who reached a step of a funnel, or who came to the step before it and not further.");
    }

    internal static Task<Results<Ok<FunnelResult>, ProblemHttpResult>> RunFunnel(
        HttpContext http, Insights insights, CancellationToken ct) =>
        insights.AnswerAsync("funnel", http, FunnelQuery.Read, FunnelReader.Run, ct);

    internal static Task<Results<Ok<PeopleResult>, ProblemHttpResult>> ListPeople(
        HttpContext http, Insights insights, CancellationToken ct) =>
        insights.AnswerAsync("funnel_people", http, FunnelPeopleQuery.Read, FunnelPeopleQuery.Run, ct);
}

/// <summary>Asks who is behind a figure of a funnel.</summary>
internal sealed record FunnelPeopleQuery(FunnelQuery Funnel, int Step, bool Dropped, PropertyValue? Group, PeoplePage Page)
{
    public static FunnelPeopleQuery Read(QueryDocument document)
    {
        var funnel = FunnelQuery.Read(document);
        var dropped = document.Flag(document.Root, "dropped");
        var step = document.Whole(document.Root, "", "step", dropped ? 2 : 1, dropped ? 2 : 1, Math.Max(funnel.Steps.Count, 2));
        PropertyValue? group = null;
        if (document.Root.TryGetProperty("group", out var value))
        {
            group = value.ValueKind == JsonValueKind.Null ? PropertyValue.NotSet : WhereOperators.Scalar(value);
            if (group is null) document.Fault("group", "must be a string, a number, a boolean or null");
            if (funnel.GroupBy is null) document.Fault("group", "needs group_by");
        }
        return new(funnel, step, dropped, group, PeoplePage.Read(document));
    }

    public static PeopleResult Run(FunnelPeopleQuery query, QueryRun run) =>
        query.Page.Of(FunnelReader.People(query.Funnel, run, query.Step, query.Dropped, query.Group));
}
