using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.People;

internal static class PeopleRegistration
{
    // Two ids, with room to spare.
    private const long MaxBodyBytes = 16 << 10;

    /// <summary>What members change about people; dead letters bring the database and who may see a project.</summary>
    public static WebApplicationBuilder AddPeople(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ProjectRole>();
        builder.Services.AddSingleton<Merges>();
        return builder;
    }

    public static IEndpointRouteBuilder MapPeople(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Persons").RequireAuthorization(Policies.User)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes));
        foreach (var status in new[] { 400, 401, 403, 404, 409, 503 })
            group.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
        group.MapGroup("/v1/persons").MapMerges();
        return routes;
    }
}
