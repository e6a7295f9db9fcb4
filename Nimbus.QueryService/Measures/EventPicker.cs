using System.Runtime.CompilerServices;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Measures;

/// <summary>
/// Finds the events of one series in a block, and nothing else about them: where all are meant no column is read. For one thread.
/// </summary>
internal sealed class EventPicker
{
    private readonly int? _name;
    private readonly EventCondition[] _conditions;
    private int[] _everywhere = [];
    private int[] _positions = [];
    private bool[] _passes = [];
    private int _count;

    public EventPicker(ProjectSnapshot snapshot, EventPattern events, Where? all)
    {
        _name = events.Name is { } name ? snapshot.NameCode(name) : null;
        _conditions = [.. ((Where?[])[all, events.Where]).OfType<Where>().Select(where => where.Compile(snapshot))];
    }

    /// <summary>No event of the project can be meant.</summary>
    public bool PicksNone => _name == -1;

    /// <summary>Every event is meant, and <see cref="Positions"/> are empty.</summary>
    public bool PicksAll => _name is null && _conditions.Length == 0;

    /// <summary>Ascending.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, _count);

    public void Pick(BlockView view)
    {
        if (PicksAll) return;
        Reserve(view.Count);
        if (_name is { } name) PickName(view.Names, name);
        else
        {
            _everywhere.AsSpan(0, view.Count).CopyTo(_positions);
            _count = view.Count;
        }
        foreach (var condition in _conditions)
        {
            var passes = _passes.AsSpan(0, _count);
            condition.Test(view, Positions, passes);
            var kept = 0;
            for (var i = 0; i < passes.Length; i++)
            {
                _positions[kept] = _positions[i];
                kept += Unsafe.As<bool, byte>(ref passes[i]);
            }
            _count = kept;
        }
    }

    // Written always and counted by arithmetic: a branch here is a coin toss for the processor.
    private void PickName(ReadOnlySpan<int> names, int name)
    {
        var positions = _positions;
        var count = 0;
        for (var i = 0; i < names.Length; i++)
        {
            positions[count] = i;
            count += names[i] == name ? 1 : 0;
        }
        _count = count;
    }

    private void Reserve(int count)
    {
        if (_positions.Length >= count) return;
        _positions = new int[count];
        _passes = new bool[count];
        _everywhere = [.. Enumerable.Range(0, count)];
    }
}
