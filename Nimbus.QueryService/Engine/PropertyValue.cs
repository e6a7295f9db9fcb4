using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Nimbus.QueryService.Engine;

/// <summary>The type of a property's value. They are in the order in which ties between values are broken.</summary>
public enum ValueKind : byte
{
    /// <summary>Absent, or JSON null: the two are one.</summary>
    NotSet = 0,

    Boolean = 1,

    Number = 2,

    Text = 3,

    /// <summary>An object or an array.</summary>
    Other = 4,
}

/// <summary>A value of a property with its JSON type: "12" is not 12, and 12.0 is 12.</summary>
/// <param name="Text">
/// Of a string its characters; of a number its decimal digits in full, without zeros at the end and without an exponent; of
/// the rest its JSON text as jsonb writes it. Two values are equal when kind and text are.
/// </param>
public readonly record struct PropertyValue(ValueKind Kind, string Text)
{
    public static PropertyValue NotSet { get; } = new(ValueKind.NotSet, "null");

    /// <summary>null, false, true, numbers by value, strings by code point, then the rest by its text.</summary>
    public static IComparer<PropertyValue> InOrder { get; } = Comparer<PropertyValue>.Create(Compare);

    /// <summary>The number as a double; NaN for what is none.</summary>
    public double Number => Kind == ValueKind.Number ? double.Parse(Text, CultureInfo.InvariantCulture) : double.NaN;

    /// <summary>One JSON value.</summary>
    public string Json => Kind == ValueKind.Text ? JsonSerializer.Serialize(Text) : Text;

    public static PropertyValue Of(string text) => new(ValueKind.Text, text);

    /// <summary>Reads one JSON value as jsonb writes it; numbers have no exponent there.</summary>
    /// <remarks>A number with an exponent is written out, so that one number has one text.</remarks>
    public static PropertyValue OfJson(ReadOnlySpan<byte> json) => json[0] switch
    {
        (byte)'n' => NotSet,
        (byte)'t' => new(ValueKind.Boolean, "true"),
        (byte)'f' => new(ValueKind.Boolean, "false"),
        (byte)'"' => Of(Unquoted(json)),
        (byte)'{' or (byte)'[' => new(ValueKind.Other, Encoding.UTF8.GetString(json)),
        _ => new(ValueKind.Number, DecimalText.Of(Encoding.UTF8.GetString(json))),
    };

    public static PropertyValue OfJson(string json) => OfJson(Encoding.UTF8.GetBytes(json));

    private static int Compare(PropertyValue a, PropertyValue b)
    {
        if (a.Kind != b.Kind)
            return a.Kind.CompareTo(b.Kind);
        return a.Kind == ValueKind.Number ? DecimalText.Compare(a.Text, b.Text) : CompareCodePoints(a.Text, b.Text);
    }

    // UTF-16 puts surrogates, which stand for the largest code points, below U+E000.
    private static int CompareCodePoints(string a, string b)
    {
        var common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length)
            return a.Length.CompareTo(b.Length);
        return Rank(a[common]).CompareTo(Rank(b[common]));

        static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
    }

    private static string Unquoted(ReadOnlySpan<byte> json)
    {
        if (!json.Contains((byte)'\\'))
            return Encoding.UTF8.GetString(json[1..^1]);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return reader.GetString()!;
    }
}
