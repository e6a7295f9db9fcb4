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
        builder.AddErasedIds();
        builder.Services.AddSingleton<Erasures>();
        return builder;
    }

    /// <summary>What the writer does about erased people.</summary>
    public static WebApplicationBuilder AddErasureJob(this WebApplicationBuilder builder)
    {
        builder.AddErasedIds();
        builder.Services.AddSingleton<ErasedPeople>();
        builder.Services.AddSettings<ErasureOptions>("Nimbus:Erasure");
        builder.Services.AddHttpClient(EngineFiles.Client).AddServiceToken();
        builder.Services.AddSingleton<ErasedEvents>().AddSingleton<PostgresFiles>().AddSingleton<RedisFiles>().AddSingleton<EngineFiles>();
        builder.Services.AddHostedService<ErasureJob>();
        return builder;
    }

    /// <summary>What both roles hash erased ids with.</summary>
    public static WebApplicationBuilder AddErasedIds(this WebApplicationBuilder builder)
    {
        builder.Services.AddMasterKey();
        builder.Services.AddSingleton<ErasedIdHash>();
        return builder;
    }

    public static IEndpointRouteBuilder MapPeople(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Persons").RequireAuthorization(Policies.User)
            .WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes));
        foreach (var status in new[] { 400, 401, 403, 404, 409, 503 })
            group.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
        group.MapGroup("/v1/persons").MapMerges();
        group.MapErasures();
        return routes;
    }
}
