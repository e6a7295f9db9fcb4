namespace Nimbus.QueryService.Engine;

/// <summary>Distinct values in the order in which they came; only ever appended to. Readers need no lock.</summary>
internal sealed class ValueDictionary
{
    private readonly Lock _adding = new();
    private readonly Dictionary<PropertyValue, int> _codes = [];
    private PropertyValue[] _values = new PropertyValue[8];
    private double[] _numbers = new double[8];
    private int _count = 1;

    public ValueDictionary()
    {
        _values[0] = PropertyValue.NotSet;
        _numbers[0] = double.NaN;
    }

    /// <summary>One more than the largest code; 1 when empty.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Characters held, for the bound on memory.</summary>
    public long Characters { get; private set; }

    /// <summary>About how much memory this holds.</summary>
    public long Bytes => (Count * 100L) + (Characters * sizeof(char));

    public PropertyValue this[int code] => _values[code];

    public double Number(int code) => _numbers[code];

    /// <summary>Its code, or 0.</summary>
    public int Find(PropertyValue value)
    {
        lock (_adding)
            return _codes.GetValueOrDefault(value);
    }

    /// <summary>Its code; a new one when it has none.</summary>
    public int Add(PropertyValue value)
    {
        if (value.Kind == ValueKind.NotSet)
            return 0;
        lock (_adding)
            return _codes.TryGetValue(value, out var code) ? code : Append(value);
    }

    /// <summary>Gives the next code to a value, or to none where it is not set: the code of a value that was erased.</summary>
    public void AddNext(PropertyValue value)
    {
        lock (_adding)
            Append(value);
    }

    private int Append(PropertyValue value)
    {
        var code = _count;
        if (code == _values.Length)
        {
            Array.Resize(ref _values, code * 2);
            Array.Resize(ref _numbers, code * 2);
        }
        _values[code] = value;
        _numbers[code] = value.Number;
        if (value.Kind != ValueKind.NotSet)
        {
            _codes.Add(value, code);
            Characters += value.Text.Length;
        }
        // The count last: whoever sees it sees the value.
        Volatile.Write(ref _count, code + 1);
        return code;
    }
}
