using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Nimbus.QueryService.Engine;

namespace Nimbus.QueryService.Querying;

/// <summary>Keeps events whose property <paramref name="Key"/> is one of some values (docs/metrics.md#filters).</summary>
/// <param name="Key">A key at the top level of the properties; dots in it mean nothing.</param>
/// <param name="Candidates">JSON texts; a property matches when it equals one of them, numbers by their value.</param>
public sealed partial record PropertyFilter(string Key, IReadOnlyList<string> Candidates)
{
    private const string Prefix = "props.";

    /// <summary>The <c>props.KEY=V</c> of a query string, one filter a key; a key given twice matches either value.</summary>
    /// <remarks>Read from the raw query string: ASP.NET's collection takes <c>Plan</c> and <c>plan</c> for one key.</remarks>
    public static IReadOnlyList<PropertyFilter> Read(string? queryString)
    {
        var filters = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var pair in new QueryStringEnumerable(queryString))
        {
            var name = pair.DecodeName().ToString();
            if (!name.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var key = StoredText.Of(name[Prefix.Length..]);
            if (!filters.TryGetValue(key, out var candidates)) filters[key] = candidates = [];
            candidates.AddRange(CandidatesFor(pair.DecodeValue().ToString()));
        }
        return [.. filters.Select(f => new PropertyFilter(f.Key, f.Value))];
    }

    /// <summary>The same as a filter of query documents.</summary>
    public Where ToWhere() =>
        new PropertyWhere(PropertySource.Props, Key, Candidates.Select(PropertyValue.OfJson).ToHashSet().Contains);

    /// <summary>The string V, and the number or boolean whose JSON text is V.</summary>
    public static IEnumerable<string> CandidatesFor(string value)
    {
        yield return JsonSerializer.Serialize(StoredText.Of(value));
        if (value is "true" or "false" || IsStorableNumber(value)) yield return value;
    }

    // A number outside a double's range cannot be stored, and asking PostgreSQL for 1e999999999 is an error there.
    private static bool IsStorableNumber(string value) =>
        value.Length <= 400 && JsonNumber().Match(value) is { Success: true } number
        && number.Groups["exponent"].Value.Length <= 4
        && double.IsFinite(double.Parse(value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE](?<exponent>[+-]?[0-9]+))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber();
}
