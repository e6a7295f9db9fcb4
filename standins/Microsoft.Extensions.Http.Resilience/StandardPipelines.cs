using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>
/// The standard pipelines by name. One lives as long as the application, whereas handlers come and go, so that
/// a circuit stays open over them.
/// </summary>
internal sealed class StandardPipelines(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ResiliencePipeline<HttpResponseMessage>> _pipelines = new();

    public ResiliencePipeline<HttpResponseMessage> Named(string name) => _pipelines.GetOrAdd(name, _ => Build());

    /// <summary>From the outside in: concurrency, total time, retries, circuit, time of one attempt.</summary>
    private ResiliencePipeline<HttpResponseMessage> Build() =>
        new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddStrategy(_ => new ConcurrencyStrategy(new ConcurrencyLimiter(new() { PermitLimit = 1000, QueueLimit = 0 })))
            .AddTimeout(TimeSpan.FromSeconds(30))
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                ShouldHandle = args => new(
                    Transient.Is(args.Outcome) || Transient.IsConnectTimeout(args.Outcome, args.Context.CancellationToken)),
                MaxRetryAttempts = 3,
                Delay = TimeSpan.FromSeconds(2),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                DelayGenerator = args => new(Transient.RetryAfter(args.Outcome.Result, time)),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
            {
                ShouldHandle = args => new(Transient.Is(args.Outcome)),
                FailureRatio = 0.1,
                MinimumThroughput = 100,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromSeconds(5),
            })
            .AddTimeout(TimeSpan.FromSeconds(10))
            .Build();
}
