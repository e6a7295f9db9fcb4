using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nimbus.QueryService.Engine.Scans;

/// <summary>An event that a query is about.</summary>
/// <param name="Name">Null for events of any name.</param>
internal sealed record EventRole(string? Name, EventCondition? Where = null);

/// <summary>
/// The people's events of a block that have some role in a query, column by column. The spans hold until the next block.
/// </summary>
/// <remarks>Names are tested by a table, and only what passes is looked at any further. For one thread.</remarks>
internal sealed class EventSelector
{
    /// <summary>How many roles there can be; the bits above are the caller's.</summary>
    public const int MaxRoles = 31;

    private readonly ProjectSnapshot _snapshot;
    private readonly IReadOnlyList<EventRole> _roles;
    private readonly EventCondition? _all;
    private readonly uint[] _rolesOfName;
    private readonly uint _always;
    private readonly bool _hasConditions;
    private int[] _positions = [];
    private uint[] _masks = [];
    private int[] _people = [];
    private long[] _times = [];
    private bool[] _passes = [];
    private int _count;

    /// <param name="roles">Role i is bit i, unless <paramref name="bits"/> says which.</param>
    /// <param name="all">A condition on every role.</param>
    /// <param name="always">Bits of every event, whatever its roles.</param>
    public EventSelector(
        ProjectSnapshot snapshot, IReadOnlyList<EventRole> roles, EventCondition? all = null, uint always = 0,
        IReadOnlyList<int>? bits = null)
    {
        (_snapshot, _roles, _all, _always) = (snapshot, roles, all, always);
        _hasConditions = roles.Any(role => role.Where is not null);
        Bits = bits ?? [.. Enumerable.Range(0, roles.Count)];
        // Code -1 of a name that no event has finds no place here.
        _rolesOfName = new uint[snapshot.Names.Count];
        Array.Fill(_rolesOfName, always);
        for (var role = 0; role < roles.Count; role++)
            for (var name = 0; name < _rolesOfName.Length; name++)
                if (roles[role].Name is null || snapshot.Names[name] == roles[role].Name)
                    _rolesOfName[name] |= 1u << Bits[role];
    }

    private IReadOnlyList<int> Bits { get; }

    /// <summary>Events that are nobody's are selected too; their person is -1.</summary>
    public bool KeepsNobodys { get; init; }

    /// <summary>Of events of one millisecond; without it they are as the block has them.</summary>
    public SessionOrder? Order { get; init; }

    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, _count);

    /// <summary>Which roles each has; never 0.</summary>
    public Span<uint> Masks => _masks.AsSpan(0, _count);

    /// <summary>Whose each is: canonical.</summary>
    public ReadOnlySpan<int> People => _people.AsSpan(0, _count);

    public ReadOnlySpan<long> Times => _times.AsSpan(0, _count);

    /// <summary>Selects from the block that the view has opened.</summary>
    public void Select(BlockView view)
    {
        SelectEvents(view);
        if (_people.Length < _positions.Length) (_people, _times) = (new int[_positions.Length], new long[_positions.Length]);
        if (_count > 0) GatherPeople(view);
    }

    /// <summary>Selects without asking who and when: <see cref="Positions"/> and <see cref="Masks"/> alone, also of events that are nobody's.</summary>
    public void SelectEvents(BlockView view)
    {
        Reserve(view.Count);
        _count = SelectNames(view.Names);
        if (_all is not null || _hasConditions) TestConditions(view);
        Order?.Sort(view, _positions.AsSpan(0, _count), Masks);
    }

    private int SelectNames(ReadOnlySpan<int> names)
    {
        ref var positions = ref MemoryMarshal.GetArrayDataReference(_positions);
        ref var masks = ref MemoryMarshal.GetArrayDataReference(_masks);
        var rolesOfName = _rolesOfName;
        var count = 0;
        // Written always and counted by arithmetic: a branch here is a coin toss for the processor.
        for (var i = 0; i < names.Length; i++)
        {
            var mask = rolesOfName[names[i]];
            Unsafe.Add(ref positions, count) = i;
            Unsafe.Add(ref masks, count) = mask;
            count += (int)((mask | (0u - mask)) >> 31);
        }
        return count;
    }

    private void TestConditions(BlockView view)
    {
        var passes = _passes.AsSpan(0, _count);
        if (_all is not null)
        {
            _all.Test(view, Positions, passes);
            for (var i = 0; i < passes.Length; i++) if (!passes[i]) _masks[i] &= _always;
        }
        for (var role = 0; role < _roles.Count; role++)
        {
            if (_roles[role].Where is not { } where) continue;
            where.Test(view, Positions, passes);
            var bit = 1u << Bits[role];
            for (var i = 0; i < passes.Length; i++) if (!passes[i]) _masks[i] &= ~bit;
        }
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            (_positions[kept], _masks[kept]) = (_positions[i], _masks[i]);
            if (_masks[i] != 0) kept++;
        }
        _count = kept;
    }

    private void GatherPeople(BlockView view)
    {
        var persons = view.Persons;
        var times = view.Times;
        var canonical = _snapshot.People.CanonicalIds;
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            var position = _positions[i];
            var dense = persons[position];
            var person = dense < 0 ? -1 : canonical[dense];
            (_positions[kept], _masks[kept], _people[kept], _times[kept]) = (position, _masks[i], person, times[position]);
            if (person >= 0 || KeepsNobodys) kept++;
        }
        _count = kept;
    }

    private void Reserve(int count)
    {
        if (_positions.Length >= count) return;
        _positions = new int[count];
        _masks = new uint[count];
        if (_all is not null || _hasConditions) _passes = new bool[count];
    }
}
