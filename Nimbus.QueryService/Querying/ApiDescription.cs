using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Nimbus.QueryService.Metrics;

namespace Nimbus.QueryService.Querying;

/// <summary>The OpenAPI document of this service, /openapi/v1.json, where the endpoints do not say it themselves.</summary>
internal static class ApiDescription
{
    private const string Bearer = "bearer";

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddDocumentTransformer(Introduce);
        options.AddOperationTransformer(RequireBearerAndProject);
        options.AddSchemaTransformer(DescribeConverted);
    });

    private static Task Introduce(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken ct)
    {
        document.Info = new OpenApiInfo { Title = "Nimbus query", Version = "v1" };
        // Where the service happens to listen is nobody's address: clients come by the gateway.
        document.Servers?.Clear();
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "The access_token of /v1/auth/login.",
        };
        return Task.CompletedTask;
    }

    private static Task RequireBearerAndProject(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var isPublic = context.Description.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any();
        operation.Security = isPublic ? [] : [new() { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] }];
        // Optional to the framework, so that its absence is answered like every other fault of a parameter.
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
            parameter.Required = parameter.Name == "project_id" || parameter.In == ParameterLocation.Path;
        return Task.CompletedTask;
    }

    // The generator cannot look into types that are written by converters, nor knows that a null may be left out.
    private static Task DescribeConverted(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(RawNumber)) schema.Type = JsonSchemaType.Number;
        if (type == typeof(DateTime)) schema.Type = JsonSchemaType.String;
        if (type == typeof(MetricsResult)) schema.Required?.ExceptWith(["series", "groups"]);
        return Task.CompletedTask;
    }
}
