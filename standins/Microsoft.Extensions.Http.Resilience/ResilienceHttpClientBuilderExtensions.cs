using Microsoft.Extensions.Http.Resilience;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Resilience for outgoing HTTP.</summary>
public static class ResilienceHttpClientBuilderExtensions
{
    /// <summary>Sends a client's requests through the standard pipeline with its default limits.</summary>
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(this IHttpClientBuilder builder)
    {
        return new StandardPipeline(builder.Name, builder.Services);
    }

    private sealed record StandardPipeline(string PipelineName, IServiceCollection Services)
        : IHttpStandardResiliencePipelineBuilder;
}
