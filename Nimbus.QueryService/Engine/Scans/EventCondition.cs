namespace Nimbus.QueryService.Engine.Scans;

/// <summary>A condition on events, made for one snapshot: decided once per distinct value, not per event.</summary>
internal abstract class EventCondition
{
    /// <param name="positions">Which events of the view's block.</param>
    /// <param name="passes">As long as the positions; written whole.</param>
    public abstract void Test(BlockView view, ReadOnlySpan<int> positions, Span<bool> passes);
}

/// <summary>The same for every event.</summary>
internal sealed class Always(bool passes) : EventCondition
{
    public override void Test(BlockView view, ReadOnlySpan<int> positions, Span<bool> results) => results.Fill(passes);
}

/// <summary>The event's value of a property is among some.</summary>
internal sealed class ValueCondition(PropertyColumn column, CodeSet matching) : EventCondition
{
    public override void Test(BlockView view, ReadOnlySpan<int> positions, Span<bool> passes)
    {
        var codes = view.Codes(column);
        for (var i = 0; i < positions.Length; i++) passes[i] = matching.Contains(codes[positions[i]]);
    }
}

/// <summary>The event was sent with this id as its user id.</summary>
internal sealed class SenderCondition(int dense) : EventCondition
{
    public override void Test(BlockView view, ReadOnlySpan<int> positions, Span<bool> passes)
    {
        var persons = view.Persons;
        var flags = view.Flags;
        for (var i = 0; i < positions.Length; i++)
            passes[i] = persons[positions[i]] == dense && (flags[positions[i]] & EventFlags.Anonymous) == 0;
    }
}

/// <summary>All conditions, or any one of them, hold.</summary>
internal sealed class CompoundCondition(IReadOnlyList<EventCondition> parts, bool all) : EventCondition
{
    private bool[] _part = [];

    public override void Test(BlockView view, ReadOnlySpan<int> positions, Span<bool> passes)
    {
        passes.Fill(all);
        if (_part.Length < positions.Length) _part = new bool[positions.Length];
        var part = _part.AsSpan(0, positions.Length);
        foreach (var condition in parts)
        {
            condition.Test(view, positions, part);
            for (var i = 0; i < part.Length; i++) passes[i] = all ? passes[i] & part[i] : passes[i] | part[i];
        }
    }
}
