using System.Diagnostics;
using System.Numerics;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>
/// Follows people through events in order of time on several processors. The events of a few blocks are picked side by side and
/// dealt out by person; then each part of the people goes on through them, with one thread and state of its own.
/// </summary>
/// <remarks>Person p is number p / <see cref="Parts"/> of part p % <see cref="Parts"/>.</remarks>
internal sealed class PeopleInParts(QueryRun run)
{
    private const int MaxParts = 8;

    // Blocks picked for each thread before people go on: what is in between stays in the processor's cache.
    private const int BlocksAtOnce = 3;

    /// <summary>A power of two: at least one for each thread, up to some.</summary>
    public int Parts { get; } = (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)run.Threads), MaxParts);

    /// <summary>How many people a part has at most.</summary>
    public int PeopleOfPart => (run.Snapshot.PersonCount + Parts - 1) / Parts;

    public int PersonOf(int part, int number) => (number * Parts) + part;

    /// <summary>Follows people through the events that have some role.</summary>
    /// <param name="roles">Role i is bit i of an event's mask.</param>
    /// <param name="where">A condition on every role.</param>
    /// <param name="follow">Called for each part and block, in order.</param>
    /// <param name="column">With <paramref name="ranks"/>: whose values are ranked; null where no event has any.</param>
    public void Run(
        IReadOnlyList<EventBlock> blocks, IReadOnlyList<EventPattern> roles, Where? where, Action<int, DealtEvents> follow,
        PropertyColumn? column = null, ValueRanks? ranks = null)
    {
        var snapshot = run.Snapshot;
        Run(blocks, () =>
        {
            var selector = new EventSelector(snapshot, [.. roles.Select(role => role.Compile(snapshot))], where?.Compile(snapshot));
            var dealer = new PeopleDealer(snapshot.People, new ulong[]?[Parts], keepsAll: false);
            return (view, dealt) =>
            {
                selector.SelectEvents(view);
                dealer.Deal(
                    view.Persons, view.Times, selector.Positions, selector.Masks, column is null ? default : view.Codes(column), ranks?.OfCodes,
                    sessions: default, dealt);
            };
        }, follow);
    }

    /// <param name="picker">Makes what picks the events of one block at a time and deals them to the parts; one for each thread.</param>
    /// <param name="follow">Called for each part and block, in order.</param>
    public void Run(IReadOnlyList<EventBlock> blocks, Func<Action<BlockView, DealtEvents[]>> picker, Action<int, DealtEvents> follow)
    {
        var threads = new ParallelOptions { MaxDegreeOfParallelism = run.Threads };
        var pickers = Enumerable.Range(0, run.Threads).Select(_ => new Lazy<(BlockView View, Action<BlockView, DealtEvents[]> Pick)>(
            () => (new BlockView(), picker()))).ToArray();
        var slots = Enumerable.Range(0, run.Threads * BlocksAtOnce)
            .Select(_ => Enumerable.Range(0, Parts).Select(_ => new DealtEvents()).ToArray()).ToArray();
        // Of the segments that are being scanned, which need not end with the blocks of a round.
        var spans = new List<Activity?>();
        long? segment = null;
        var around = Activity.Current;
        try
        {
            for (var first = 0; first < blocks.Count; first += slots.Length)
            {
                run.ThrowIfCancelled();
                var count = Math.Min(slots.Length, blocks.Count - first);
                for (var i = first; i < first + count; i++)
                {
                    if (blocks[i].SealedVersion == segment) continue;
                    segment = blocks[i].SealedVersion;
                    spans.Add(run.StartScan(blocks[i]));
                }
                var next = -1;
                Parallel.For(0, Math.Min(pickers.Length, count), threads, thread =>
                {
                    var (view, pick) = pickers[thread].Value;
                    while (Interlocked.Increment(ref next) is var slot && slot < count)
                    {
                        view.Open(blocks[first + slot]);
                        pick(view, slots[slot]);
                    }
                });
                Parallel.For(0, Parts, threads, part =>
                {
                    for (var slot = 0; slot < count; slot++) follow(part, slots[slot][part]);
                });
                var goesOn = first + count < blocks.Count && blocks[first + count].SealedVersion == segment;
                End(spans, goesOn ? 1 : 0);
            }
        }
        catch (AggregateException several)
        {
            // As it would be on one thread.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
        finally
        {
            foreach (var dealt in slots.SelectMany(slot => slot)) dealt.Dispose();
            End(spans, 0);
            Activity.Current = around;
        }
    }

    /// <summary>Ends all spans but the last so many.</summary>
    private static void End(List<Activity?> spans, int keep)
    {
        foreach (var span in spans.SkipLast(keep)) span?.Dispose();
        spans.RemoveRange(0, spans.Count - keep);
    }
}
