using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;

namespace Nimbus.QueryService.Querying;

/// <summary>A filter of a query document, as it was written (docs/metrics.md#where).</summary>
public abstract record Where
{
    /// <summary>How deep filters nest, and how many conditions one has in all.</summary>
    public const int MaxDepth = 8;
    public const int MaxConditions = 50;
    public const int MaxValues = 1000;

    /// <summary>Whether the events alone decide, as they are in sealed segments; not so of what people are at the time of the query.</summary>
    internal abstract bool IsOfEvents { get; }

    internal abstract EventCondition Compile(ProjectSnapshot snapshot);
}

/// <summary>All of some filters, or any.</summary>
public sealed record CompoundWhere(bool All, IReadOnlyList<Where> Parts) : Where
{
    internal override bool IsOfEvents => Parts.All(part => part.IsOfEvents);

    internal override EventCondition Compile(ProjectSnapshot snapshot) =>
        new CompoundCondition([.. Parts.Select(part => part.Compile(snapshot))], All);
}

/// <summary>A condition on the value of one property.</summary>
public sealed record PropertyWhere(PropertySource Source, string Key, Func<PropertyValue, bool> Matches) : Where
{
    internal override bool IsOfEvents => Source is PropertySource.Props or PropertySource.Context;

    internal override EventCondition Compile(ProjectSnapshot snapshot) =>
        snapshot.Column(Source, Key) is { } column
            ? new ValueCondition(column, column.Match(Matches))
            : new Always(Matches(PropertyValue.NotSet));
}

/// <summary>The user id on the event itself is this one, whoever's it is now.</summary>
/// <param name="IdKey">The key of the id in <c>ids</c>; null where there is none.</param>
public sealed record SenderWhere(long? IdKey) : Where
{
    internal override bool IsOfEvents => true;

    internal override EventCondition Compile(ProjectSnapshot snapshot) =>
        IdKey is { } key && snapshot.People.Dense(key) is >= 0 and var dense ? new SenderCondition(dense) : new Always(passes: false);
}

/// <summary>What the operators of filters mean.</summary>
internal static class WhereOperators
{
    public const string All = "eq, ne, in, not_in, contains, not_contains, regex, gt, gte, lt, lte, between, set, not_set";

    public const string NoOperator = "is no operator";

    // A pattern is tried once per distinct value, without backtracking, so its time is linear in the value's length.
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromSeconds(1);

    /// <returns>Null where operator and value do not go together; <paramref name="fault"/> then says why.</returns>
    public static Func<PropertyValue, bool>? Read(string op, JsonElement? value, out string fault)
    {
        fault = "";
        switch (op)
        {
            case "set" when value is null: return v => v.Kind != ValueKind.NotSet;
            case "not_set" when value is null: return v => v.Kind == ValueKind.NotSet;
            case "set" or "not_set": return Fault("takes no value", out fault);
        }
        if (!All.Split(", ").Contains(op)) return Fault(NoOperator, out fault);
        if (value is not { } given) return Fault("needs a value", out fault);
        switch (op)
        {
            case "eq" or "ne":
                if (Scalar(given) is not { } wanted) return Fault("needs a string, a number or a boolean", out fault);
                return op == "eq" ? v => v == wanted : v => v != wanted;
            case "in" or "not_in":
                if (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() is 0 or > Where.MaxValues)
                    return Fault($"needs a list of 1 to {Where.MaxValues} values", out fault);
                var among = new HashSet<PropertyValue>();
                foreach (var item in given.EnumerateArray())
                {
                    if (Scalar(item) is not { } one) return Fault("needs strings, numbers or booleans", out fault);
                    among.Add(one);
                }
                return op == "in" ? among.Contains : v => !among.Contains(v);
            case "contains" or "not_contains":
                if (given.ValueKind != JsonValueKind.String) return Fault("needs a string", out fault);
                var part = StoredText.Of(given.GetString()!);
                bool Contains(PropertyValue v) => v.Kind == ValueKind.Text && v.Text.Contains(part, StringComparison.Ordinal);
                return op == "contains" ? Contains : v => !Contains(v);
            case "regex":
                return Pattern(given, out fault);
            case "gt" or "gte" or "lt" or "lte":
                if (Scalar(given) is not { Kind: ValueKind.Number } bound) return Fault("needs a number", out fault);
                return Compared(op, bound);
            default:
                if (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() != 2
                    || Scalar(given[0]) is not { Kind: ValueKind.Number } low
                    || Scalar(given[1]) is not { Kind: ValueKind.Number } high)
                    return Fault("needs two numbers, both included", out fault);
                return v => v.Kind == ValueKind.Number && Compare(v, low) >= 0 && Compare(v, high) <= 0;
        }
    }

    private static Func<PropertyValue, bool>? Pattern(JsonElement given, out string fault)
    {
        fault = "";
        if (given.ValueKind != JsonValueKind.String || given.GetString()!.Length > 500)
            return Fault("needs a pattern of at most 500 characters", out fault);
        try
        {
            var pattern = new Regex(given.GetString()!, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, PatternTimeout);
            return v => v.Kind == ValueKind.Text && pattern.IsMatch(v.Text);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return Fault("needs a regular expression without look-arounds and back-references", out fault);
        }
    }

    private static Func<PropertyValue, bool> Compared(string op, PropertyValue bound) => op switch
    {
        "gt" => v => v.Kind == ValueKind.Number && Compare(v, bound) > 0,
        "gte" => v => v.Kind == ValueKind.Number && Compare(v, bound) >= 0,
        "lt" => v => v.Kind == ValueKind.Number && Compare(v, bound) < 0,
        _ => v => v.Kind == ValueKind.Number && Compare(v, bound) <= 0,
    };

    private static int Compare(PropertyValue a, PropertyValue b) => PropertyValue.InOrder.Compare(a, b);

    /// <summary>A value as events have them; null of an object, an array, null, or a number no event can have.</summary>
    public static PropertyValue? Scalar(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => PropertyValue.Of(StoredText.Of(json.GetString()!)),
        JsonValueKind.True or JsonValueKind.False => PropertyValue.OfJson(json.GetRawText()),
        // What is outside a double's range is stored nowhere, and writing it out could take any length.
        JsonValueKind.Number when json.GetRawText().Length <= 400 && json.TryGetDouble(out var number) && double.IsFinite(number)
            && ExponentOf(json.GetRawText()) is > -1000 and < 1000 => PropertyValue.OfJson(json.GetRawText()),
        _ => null,
    };

    private static int ExponentOf(string number)
    {
        var at = number.AsSpan().IndexOfAny('e', 'E');
        return at < 0 ? 0
            : int.TryParse(number.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent)
                ? exponent : int.MaxValue;
    }

    private static Func<PropertyValue, bool>? Fault(string message, out string fault)
    {
        fault = message;
        return null;
    }
}
