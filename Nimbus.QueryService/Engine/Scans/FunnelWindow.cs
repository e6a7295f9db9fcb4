using System.Numerics;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>A unit's recent events in order of time, of equal ones as many as can matter.</summary>
internal sealed class FunnelWindow
{
    private uint[] _masks = new uint[4];
    private int[] _ranks = new int[4];
    private long[] _times = new long[4];
    private int _count;

    public ReadOnlySpan<uint> Masks => _masks.AsSpan(0, _count);

    public ReadOnlySpan<int> Ranks => _ranks.AsSpan(0, _count);

    public ReadOnlySpan<long> Times => _times.AsSpan(0, _count);

    public void Add(uint mask, int rank, long now, long windowMs)
    {
        var alike = 0;
        for (var i = 0; i < _count; i++)
            if (now - _times[i] <= windowMs && _masks[i] == mask && _ranks[i] == rank) alike++;
        // An event serves one step, so of equal ones the latest count, as many as they have steps.
        var drop = alike >= BitOperations.PopCount(mask) ? 1 : 0;
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            if (now - _times[i] > windowMs) continue;
            if (drop > 0 && _masks[i] == mask && _ranks[i] == rank)
            {
                drop--;
                continue;
            }
            (_masks[kept], _ranks[kept], _times[kept]) = (_masks[i], _ranks[i], _times[i]);
            kept++;
        }
        if (kept == _masks.Length)
        {
            Array.Resize(ref _masks, kept * 2);
            Array.Resize(ref _ranks, kept * 2);
            Array.Resize(ref _times, kept * 2);
        }
        (_masks[kept], _ranks[kept], _times[kept]) = (mask, rank, now);
        _count = kept + 1;
    }
}
