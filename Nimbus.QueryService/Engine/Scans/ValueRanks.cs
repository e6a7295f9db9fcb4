namespace Nimbus.QueryService.Engine.Scans;

/// <summary>The values of a column in their order: null, false, true, numbers, strings by code point, then the rest.</summary>
internal sealed class ValueRanks
{
    private readonly int[] _rankOfCode;
    private readonly PropertyValue[] _values;

    /// <param name="column">Null where no event has the property: all are not set.</param>
    public ValueRanks(PropertyColumn? column)
    {
        var count = column?.CodeCount ?? 1;
        var codes = new int[count];
        _values = new PropertyValue[count];
        for (var code = 0; code < count; code++) (codes[code], _values[code]) = (code, column?[code] ?? PropertyValue.NotSet);
        Array.Sort(_values, codes, PropertyValue.InOrder);
        _rankOfCode = new int[count];
        for (var rank = 0; rank < count; rank++) _rankOfCode[codes[rank]] = rank;
    }

    public int Count => _values.Length;

    public PropertyValue this[int rank] => _values[rank];

    /// <summary>By code; codes that were unknown when the ranks were made are not in it.</summary>
    public int[] OfCodes => _rankOfCode;

    /// <summary>0 of a code that was unknown when the ranks were made.</summary>
    public int Of(int code) => code < _rankOfCode.Length ? _rankOfCode[code] : 0;
}
