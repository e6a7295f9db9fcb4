using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>The standard pipeline of one HTTP client.</summary>
public interface IHttpStandardResiliencePipelineBuilder
{
    /// <summary>The pipeline's name, under which its options are registered.</summary>
    string PipelineName { get; }

    /// <summary>Where the pipeline's options are registered.</summary>
    IServiceCollection Services { get; }
}
