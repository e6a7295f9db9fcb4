using Nimbus.QueryService.Engine;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Querying;

/// <summary>One query at work: the state it reads, and what it may use.</summary>
public sealed class QueryRun(ProjectSnapshot snapshot, QueryLimits limits, CancellationToken cancelled)
{
    private long _bytes;

    public ProjectSnapshot Snapshot => snapshot;

    public QueryLimits Limits => limits;

    /// <summary>The blocks of a range, each opened in turn; ends when the query is cancelled.</summary>
    public IEnumerable<BlockView> Blocks(long fromMs, long toMs) => Open(snapshot.Blocks(fromMs, toMs));

    /// <summary>The same, the last block first; within a block events are in order of time all the same.</summary>
    public IEnumerable<BlockView> BlocksBackward(long fromMs, long toMs) => Open(snapshot.Blocks(fromMs, toMs).Reverse());

    private IEnumerable<BlockView> Open(IEnumerable<EventBlock> blocks)
    {
        var view = new BlockView();
        foreach (var block in blocks)
        {
            cancelled.ThrowIfCancellationRequested();
            view.Open(block);
            yield return view;
        }
    }

    /// <summary>To be called before memory is taken that grows with the data.</summary>
    /// <exception cref="ProblemException">400 <c>query_too_large</c>.</exception>
    public void Take(long bytes)
    {
        _bytes += bytes;
        if (_bytes > limits.MaxBytes)
            throw new ProblemException(400, "query_too_large",
                $"The query would need more than {limits.MaxBytes >> 20:N0} MB of memory. Ask for fewer groups, fewer steps or less time.");
    }

    /// <summary>An array of one value per person.</summary>
    public T[] PerPerson<T>() where T : unmanaged
    {
        Take((long)snapshot.PersonCount * System.Runtime.CompilerServices.Unsafe.SizeOf<T>());
        return new T[snapshot.PersonCount];
    }
}
