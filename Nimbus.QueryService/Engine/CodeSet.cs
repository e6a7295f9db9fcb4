using System.Runtime.CompilerServices;

namespace Nimbus.QueryService.Engine;

/// <summary>The codes of a column that meet a condition. For one thread; make one per thread.</summary>
public sealed class CodeSet
{
    private readonly PropertyColumn _column;
    private readonly Func<PropertyValue, bool> _condition;
    private bool[] _matches = [];

    internal CodeSet(PropertyColumn column, Func<PropertyValue, bool> condition)
    {
        (_column, _condition) = (column, condition);
        Extend();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(int code)
    {
        var matches = _matches;
        return (uint)code < (uint)matches.Length ? matches[code] : ContainsNew(code);
    }

    private bool ContainsNew(int code)
    {
        Extend();
        return _matches[code];
    }

    private void Extend()
    {
        var matches = new bool[_column.CodeCount];
        _matches.CopyTo(matches, 0);
        for (var code = _matches.Length; code < matches.Length; code++)
            matches[code] = _condition(_column[code]);
        _matches = matches;
    }
}
