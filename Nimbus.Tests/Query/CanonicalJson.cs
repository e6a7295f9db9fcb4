using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Nimbus.Tests.Query;

/// <summary>Values of properties, however they were written.</summary>
public static class CanonicalJson
{
    private static readonly BigInteger One = BigInteger.Pow(10, 500);

    /// <summary>The number times 10^500, so that no digit of any number in the tests is lost.</summary>
    private static BigInteger Exact(string json) => Known.GetOrAdd(json, Expand);

    // The same few numbers are met again and again.
    private static readonly ConcurrentDictionary<string, BigInteger> Known = [];

    private static BigInteger Expand(string json)
    {
        var (digits, exponent) = json.Split('e', 'E') is [var mantissa, var power]
            ? (mantissa, int.Parse(power, CultureInfo.InvariantCulture))
            : (json, 0);
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0) exponent -= digits.Length - point - 1;
        var whole = BigInteger.Parse(digits.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        return whole * BigInteger.Pow(10, 500 + exponent);
    }

    /// <summary>One text for one value: 12 and 12.0 are the same number.</summary>
    public static string Of(string json) => Kind(json) switch
    {
        JsonValueKind.Number => Number(json),
        JsonValueKind.String => JsonSerializer.Serialize(JsonSerializer.Deserialize<string>(json)),
        JsonValueKind.Array or JsonValueKind.Object => JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(json)),
        _ => json,
    };

    private static string Number(string json) => Plain(Exact(json));

    private static string Plain(BigInteger exact)
    {
        var digits = BigInteger.Abs(exact).ToString(CultureInfo.InvariantCulture).PadLeft(501, '0');
        var plain = (digits[..^500] + "." + digits[^500..]).TrimEnd('0').TrimEnd('.');
        return exact.Sign < 0 ? "-" + plain : plain;
    }

    private static JsonValueKind Kind(string json) => JsonSerializer.Deserialize<JsonElement>(json).ValueKind;
}
