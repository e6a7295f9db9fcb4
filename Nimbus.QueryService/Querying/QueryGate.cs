using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Querying;

/// <summary>Lets so many queries run at once; others wait for their turn, and are turned away where too many do.</summary>
public sealed class QueryGate : IDisposable
{
    private readonly QueryLimits _limits;
    private readonly QueryMetrics _metrics;
    private readonly SemaphoreSlim _turns;
    private int _waiting;

    public QueryGate(IOptions<QueryLimits> limits, QueryMetrics metrics)
    {
        (_limits, _metrics) = (limits.Value, metrics);
        _turns = new SemaphoreSlim(_limits.MaxRunning, _limits.MaxRunning);
    }

    /// <returns>The turn; to be disposed of when the query is done.</returns>
    /// <exception cref="ProblemException">503 <c>busy</c>, with when to come again.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken ct)
    {
        if (!_turns.Wait(0, ct)) await WaitAsync(ct);
        _metrics.Running.Add(1);
        return new Turn(this);
    }

    public void Dispose() => _turns.Dispose();

    private async Task WaitAsync(CancellationToken ct)
    {
        if (Interlocked.Increment(ref _waiting) > _limits.MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw Busy();
        }
        _metrics.Waiting.Add(1);
        try
        {
            if (!await _turns.WaitAsync(_limits.MaxWait, ct)) throw Busy();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
            _metrics.Waiting.Add(-1);
        }
    }

    private static ProblemException Busy() => new(
        503, "busy", "Too many queries are running. Wait for as long as Retry-After says.", TimeSpan.FromSeconds(2));

    private sealed class Turn(QueryGate gate) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) != 0) return;
            gate._metrics.Running.Add(-1);
            gate._turns.Release();
        }
    }
}
