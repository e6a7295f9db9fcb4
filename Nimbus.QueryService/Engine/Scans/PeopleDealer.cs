using System.Runtime.Intrinsics.X86;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>Deals the events of a block out to the parts of the people that they are of.</summary>
/// <param name="finished">Of each part <see cref="FunnelScan.Finished"/>, pinned, or null.</param>
/// <param name="keepsAll">Events without any bit are dealt too.</param>
internal sealed unsafe class PeopleDealer(PersonMap people, ulong[]?[] finished, bool keepsAll)
{
    // Events whose people are looked up before they are dealt: what is in between stays in the core's own cache.
    private const int Tile = 2048;

    // How many events ahead the place is fetched where it says whose an id is: with a million ids half of LookUp is waiting for it.
    private const int Ahead = 32;

    private readonly int _shift = System.Numerics.BitOperations.Log2((uint)finished.Length);
    private readonly int[] _indexes = new int[Tile];
    private readonly int[] _people = new int[Tile];

    /// <param name="persons">The block's column of ids.</param>
    /// <param name="times">The block's column of times.</param>
    /// <param name="positions">Which events of the block.</param>
    /// <param name="masks">The bits of each of those.</param>
    /// <param name="codes">The block's column that <paramref name="rankOfCode"/> ranks; empty where all have code 0.</param>
    /// <param name="rankOfCode">Codes behind its end have rank 0; null without ranks.</param>
    /// <param name="sessions">The block's column of session ids; empty without.</param>
    /// <param name="dealt">One for each part.</param>
    public void Deal(
        ReadOnlySpan<int> persons, ReadOnlySpan<long> times, ReadOnlySpan<int> positions, ReadOnlySpan<uint> masks,
        ReadOnlySpan<int> codes, int[]? rankOfCode, ReadOnlySpan<int> sessions, DealtEvents[] dealt)
    {
        var cursors = stackalloc DealtCursor[dealt.Length];
        for (var part = 0; part < dealt.Length; part++)
        {
            dealt[part].Reserve(positions.Length, rankOfCode is not null, !sessions.IsEmpty);
            // A pinned array's address is its own for good.
            fixed (ulong* bits = finished[part]) cursors[part] = dealt[part].Cursor(bits);
        }
        fixed (int* personAt = persons, positionAt = positions, canonicalOf = people.CanonicalIds, indexes = _indexes, owners = _people)
        fixed (long* timeAt = times)
        fixed (uint* maskAt = masks)
        {
            for (var start = 0; start < positions.Length; start += Tile)
            {
                var end = Math.Min(start + Tile, positions.Length);
                var count = LookUp(start, end, positions.Length - 1, personAt, positionAt, maskAt, canonicalOf, cursors, dealt.Length - 1, indexes, owners);
                for (var i = 0; i < count; i++)
                {
                    var (index, person) = (indexes[i], owners[i]);
                    var position = positionAt[index];
                    var to = cursors + (person & (dealt.Length - 1));
                    var at = to->Count++;
                    (to->Times[at], to->People[at], to->Masks[at]) = (timeAt[position], person >> _shift, maskAt[index]);
                    if (rankOfCode is not null)
                    {
                        var code = codes.IsEmpty ? 0 : codes[position];
                        to->Ranks[at] = code < rankOfCode.Length ? rankOfCode[code] : 0;
                    }
                    if (!sessions.IsEmpty) to->Sessions[at] = sessions[position];
                }
            }
        }
        for (var part = 0; part < dealt.Length; part++) dealt[part].Count = cursors[part].Count;
    }

    /// <summary>Whose the events are, without those that are nobody's or of no more interest.</summary>
    /// <remarks>
    /// Apart from dealing, where the place that is written to depends on whose an event is: here the processor looks many up at a
    /// time, there it would wait for each.
    /// </remarks>
    private int LookUp(
        int start, int end, int last, int* personAt, int* positionAt, uint* maskAt, int* canonicalOf, DealtCursor* cursors, int partBits,
        int* indexes, int* owners)
    {
        var (count, shift, hasFinished, all) = (0, _shift, cursors->Finished is not null, keepsAll ? 1u : 0);
        for (var i = start; i < end; i++)
        {
            // Nobody's is -1: what lies there may be fetched like anything, but is not read.
            if (Sse.IsSupported) Sse.Prefetch0(canonicalOf + personAt[positionAt[Math.Min(i + Ahead, last)]]);
            if (personAt[positionAt[i]] is not (>= 0 and var dense) || canonicalOf[dense] is not (>= 0 and var person)) continue;
            (indexes[count], owners[count]) = (i, person);
            // Written always and counted by arithmetic: who is finished is a coin toss for the processor.
            var keep = all | ((maskAt[i] | (0u - maskAt[i])) >> 31);
            var number = person >> shift;
            if (hasFinished) keep &= ~(uint)(cursors[person & partBits].Finished[number >> 6] >> number);
            count += (int)(keep & 1);
        }
        return count;
    }
}
