using Polly;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Sends requests through a pipeline of limits and retries.</summary>
internal sealed class ResilienceHandler : DelegatingHandler
{
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;

    public ResilienceHandler(ResiliencePipeline<HttpResponseMessage> pipeline) => _pipeline = pipeline;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken) =>
        await _pipeline.ExecuteAsync(
            async ct => await base.SendAsync(request, ct), cancellationToken);
}
