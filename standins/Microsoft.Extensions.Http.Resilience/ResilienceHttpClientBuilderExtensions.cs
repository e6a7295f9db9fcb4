using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Resilience for outgoing HTTP.</summary>
public static class ResilienceHttpClientBuilderExtensions
{
    /// <summary>Sends a client's requests through the standard pipeline with its default limits.</summary>
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(this IHttpClientBuilder builder)
    {
        // The defaults of all clients have no name: they share one pipeline.
        var pipelineName = string.IsNullOrEmpty(builder.Name) ? "standard" : $"{builder.Name}-standard";
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<StandardPipelines>();
        builder.AddHttpMessageHandler(services =>
            new ResilienceHandler(services.GetRequiredService<StandardPipelines>().Named(pipelineName)));
        // The pipeline's own limits hold; the client's would end the retries early.
        builder.ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan);
        return new StandardPipeline(pipelineName, builder.Services);
    }

    /// <summary>Takes the pipelines added so far off a client, those of the defaults included.</summary>
    [Experimental("EXTEXP0001")]
    public static IHttpClientBuilder RemoveAllResilienceHandlers(this IHttpClientBuilder builder) =>
        builder.ConfigureAdditionalHttpMessageHandlers((handlers, _) =>
        {
            foreach (var handler in handlers.OfType<ResilienceHandler>().ToList())
                handlers.Remove(handler);
        });

    private sealed record StandardPipeline(string PipelineName, IServiceCollection Services)
        : IHttpStandardResiliencePipelineBuilder;
}
