using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Nimbus.QueryService.Querying;

/// <summary>Says in the OpenAPI document what the values are that are passed on as PostgreSQL wrote them.</summary>
internal sealed class RawSchemas : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type == typeof(RawNumber)) schema.Type = JsonSchemaType.Number;
        if (context.JsonTypeInfo.Type == typeof(RawNumber?)) schema.Type = JsonSchemaType.Number | JsonSchemaType.Null;
        return Task.CompletedTask;
    }
}
