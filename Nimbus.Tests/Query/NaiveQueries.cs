using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Nimbus.QueryService.Metrics;
using NodaTime;

namespace Nimbus.Tests.Query;

/// <summary>The twins of the SQL: the same answers from a list in memory, written as docs/metrics.md reads.</summary>
public static class NaiveQueries
{
    private static readonly BigInteger One = BigInteger.Pow(10, 500);

    /// <summary>The number times 10^500, so that no digit of any number in the tests is lost.</summary>
    public static BigInteger Exact(string json) => Known.GetOrAdd(json, Expand);

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

    /// <summary>The value of a measure over some events, times 10^500; null where there is none.</summary>
    public static BigInteger? Measure(StoredProject project, Measure measure, IReadOnlyCollection<StoredEvent> events)
    {
        var numbers = measure.Property is null ? [] : events
            .Select(e => e.Props.GetValueOrDefault(measure.Property, "null"))
            .Where(json => Kind(json) == JsonValueKind.Number)
            .Select(Exact).Order().ToList();
        return measure.Kind switch
        {
            MeasureKind.Count => events.Count * One,
            MeasureKind.Users => events.Select(project.Person).OfType<string>().Distinct().Count() * One,
            MeasureKind.Sum => Sum(),
            _ when numbers.Count == 0 => null,
            MeasureKind.Avg => Sum() / numbers.Count,
            MeasureKind.Min => numbers[0],
            MeasureKind.Max => numbers[^1],
            MeasureKind.P50 => Percentile(50),
            MeasureKind.P90 => Percentile(90),
            _ => Percentile(99),
        };

        BigInteger Sum() => numbers.Aggregate(BigInteger.Zero, (sum, number) => sum + number);

        BigInteger Percentile(int percent)
        {
            var largest = 8 * BigInteger.Pow(10, 307) * One;
            var bounded = numbers
                .Select(n => BigInteger.Abs(n) < BigInteger.Pow(10, 200) ? 0 : BigInteger.Clamp(n, -largest, largest))
                .ToList();
            var (rank, hundredths) = int.DivRem(percent * (bounded.Count - 1), 100);
            var high = bounded[Math.Min(rank + 1, bounded.Count - 1)];
            return bounded[rank] + (high - bounded[rank]) * hundredths / 100;
        }
    }

    /// <summary>The measure of each bucket.</summary>
    public static List<BigInteger?> Series(
        StoredProject project, Measure measure, IReadOnlyList<StoredEvent> events, IReadOnlyList<Instant> starts) =>
        [.. starts.Select((start, i) => Measure(project, measure, [.. events.Where(e =>
            Instant.FromDateTimeUtc(e.Ts) >= start
            && (i + 1 == starts.Count || Instant.FromDateTimeUtc(e.Ts) < starts[i + 1]))]))];

    /// <summary>The 20 largest groups, then the rest.</summary>
    public static List<(string Value, bool Other, List<StoredEvent> Events)> Groups(
        StoredProject project, Measure measure, IEnumerable<StoredEvent> events, string key)
    {
        var ranked = events.GroupBy(e => Canonical(e.Props.GetValueOrDefault(key, "null")))
            .Select(group => (Value: group.Key, Measure: Measure(project, measure, [.. group]), Events: group.ToList()))
            .OrderBy(group => group.Measure is null)
            // Percentiles are doubles, and tie as doubles do.
            .ThenByDescending(group => measure.Kind >= MeasureKind.P50 ? Exact(Rounded(group.Measure ?? 0)) : group.Measure)
            .ThenBy(group => Array.IndexOf(["null", "boolean", "number", "string", "other"], TypeName(group.Value)))
            .ThenBy(group => Kind(group.Value) == JsonValueKind.Number ? Exact(group.Value) : 0)
            .ThenBy(group => Encoding.UTF8.GetBytes(Kind(group.Value) == JsonValueKind.String
                ? JsonSerializer.Deserialize<string>(group.Value)! : group.Value), Bytes)
            .ToList();
        var groups = ranked.Take(20).Select(group => (group.Value, false, group.Events)).ToList();
        if (ranked.Count > 20) groups.Add(("\"$other\"", true, [.. ranked.Skip(20).SelectMany(group => group.Events)]));
        return groups;
    }

    /// <summary>One text for one value: 12 and 12.0 are the same number.</summary>
    public static string Canonical(string json) => Kind(json) switch
    {
        JsonValueKind.Number => Number(json),
        JsonValueKind.String => JsonSerializer.Serialize(JsonSerializer.Deserialize<string>(json)),
        JsonValueKind.Array or JsonValueKind.Object => JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(json)),
        _ => json,
    };

    private static string Number(string json) => Plain(Exact(json));

    private static string Rounded(BigInteger exact) =>
        double.Parse(Plain(exact), CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);

    private static string Plain(BigInteger exact)
    {
        var digits = BigInteger.Abs(exact).ToString(CultureInfo.InvariantCulture).PadLeft(501, '0');
        var plain = (digits[..^500] + "." + digits[^500..]).TrimEnd('0').TrimEnd('.');
        return exact.Sign < 0 ? "-" + plain : plain;
    }

    private static JsonValueKind Kind(string json) => JsonSerializer.Deserialize<JsonElement>(json).ValueKind;

    private static string TypeName(string json) => Kind(json) switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => "number",
        JsonValueKind.String => "string",
        _ => "other",
    };

    private static readonly Comparer<byte[]> Bytes = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));
}
