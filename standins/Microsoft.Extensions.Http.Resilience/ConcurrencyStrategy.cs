using System.Threading.RateLimiting;
using Polly;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Refuses what goes beyond the limiter's permits, without waiting.</summary>
internal sealed class ConcurrencyStrategy(RateLimiter limiter) : ResilienceStrategy<HttpResponseMessage>
{
    protected override async ValueTask<Outcome<HttpResponseMessage>> ExecuteCore<TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<HttpResponseMessage>>> callback,
        ResilienceContext context,
        TState state)
    {
        using var lease = limiter.AttemptAcquire();
        return lease.IsAcquired
            ? await callback(context, state)
            : Outcome.FromException<HttpResponseMessage>(new ConcurrencyExceededException());
    }

    private sealed class ConcurrencyExceededException()
        : ExecutionRejectedException("Too many requests of this HTTP client are under way.");
}
