using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Nimbus.QueryService.Engine;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Querying;

/// <summary>One query at work: the state it reads, and what it may use. Safe for several threads.</summary>
/// <param name="parts">What questions found in sealed segments; null to find it again.</param>
public sealed class QueryRun(
    ProjectSnapshot snapshot, QueryLimits limits, CancellationToken cancelled, PartCache? parts = null)
{
    private readonly Activity? _span = Activity.Current;
    private long _bytes;
    private int _scans;

    public ProjectSnapshot Snapshot => snapshot;

    public QueryLimits Limits => limits;

    public PartCache? Parts => parts;

    /// <summary>How many threads may work on it at once.</summary>
    public int Threads => limits.Threads == 0 ? Environment.ProcessorCount : limits.Threads;

    /// <summary>The blocks of a range, each opened in turn; ends when the query is cancelled.</summary>
    public IEnumerable<BlockView> Blocks(long fromMs, long toMs) => Open(snapshot.Blocks(fromMs, toMs));

    /// <summary>The same, the last block first; within a block events are in order of time all the same.</summary>
    public IEnumerable<BlockView> BlocksBackward(long fromMs, long toMs) => Open(snapshot.Blocks(fromMs, toMs).Reverse());

    /// <summary>
    /// Scans stretches on several processors where there is a choice, each stretch on one of them; ends when the query is cancelled.
    /// </summary>
    /// <param name="worker">Makes what one thread works with.</param>
    /// <param name="scan">Called for every stretch once, in no order.</param>
    /// <returns>What was found, in the order of the stretches.</returns>
    public TFound[] SideBySide<TWorker, TFound>(
        IReadOnlyList<Stretch> stretches, Func<TWorker> worker, Func<TWorker, Stretch, TFound> scan)
    {
        var found = new TFound[stretches.Count];
        var threads = Math.Min(Threads, stretches.Count);
        var next = -1;
        ExceptionDispatchInfo? failure = null;
        // Takes this thread too, and starts with it alone where no other is free.
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(threads, 1) }, _ =>
        {
            try
            {
                if (Volatile.Read(ref next) >= stretches.Count) return;
                var own = worker();
                while (Volatile.Read(ref failure) is null && Interlocked.Increment(ref next) is var i && i < stretches.Count)
                {
                    cancelled.ThrowIfCancellationRequested();
                    using var span = StartScan(stretches[i].Blocks[0]);
                    found[i] = scan(own, stretches[i]);
                }
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
            }
        });
        failure?.Throw();
        return found;
    }

    /// <exception cref="OperationCanceledException">The caller has gone, or time is up.</exception>
    public void ThrowIfCancelled() => cancelled.ThrowIfCancellationRequested();

    /// <summary>To be called before memory is taken that grows with the data.</summary>
    /// <exception cref="ProblemException">400 <c>query_too_large</c>.</exception>
    public void Take(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) > limits.MaxBytes)
            throw new ProblemException(400, "query_too_large",
                $"The query would need more than {limits.MaxBytes >> 20:N0} MB of memory. Ask for fewer groups, fewer steps or less time.");
    }

    /// <summary>Memory that was taken is free again.</summary>
    public void GiveBack(long bytes) => Interlocked.Add(ref _bytes, -bytes);

    /// <summary>An array of one value per person.</summary>
    public T[] PerPerson<T>() where T : unmanaged
    {
        Take((long)snapshot.PersonCount * System.Runtime.CompilerServices.Unsafe.SizeOf<T>());
        return new T[snapshot.PersonCount];
    }

    /// <exception cref="ProblemException">400 <c>too_many_groups</c>.</exception>
    public void CheckGroups(GroupKey group, int values)
    {
        if (values > limits.MaxGroupValues)
            throw new ProblemException(400, "too_many_groups", $"'{group.Key}' has more than {limits.MaxGroupValues:N0} values.");
    }

    private IEnumerable<BlockView> Open(IEnumerable<EventBlock> blocks)
    {
        var view = new BlockView();
        EventBlock? before = null;
        Activity? span = null;
        try
        {
            foreach (var block in blocks)
            {
                cancelled.ThrowIfCancellationRequested();
                if (before is null || before.SealedVersion != block.SealedVersion)
                {
                    span?.Dispose();
                    span = StartScan(block);
                }
                before = block;
                view.Open(block);
                yield return view;
            }
        }
        finally
        {
            span?.Dispose();
        }
    }

    /// <summary>The span of the scan of a segment; null where nobody listens, and after some.</summary>
    internal Activity? StartScan(EventBlock first) =>
        _span is not null && Interlocked.Increment(ref _scans) <= QueryTelemetry.MaxScans ? QueryTelemetry.StartScan(_span, first) : null;
}
