using Nimbus.Tests.Query.Sql;

namespace Nimbus.Tests.Query;

/// <summary>A filter as a query document has it, and as a condition of SQL on <c>e</c>.</summary>
/// <param name="Json">Null for none.</param>
public sealed record RandomFilter(object? Json, string Sql)
{
    public static RandomFilter None { get; } = new(null, "TRUE");

    private static readonly string Colour = SqlParts.Value("colour");
    private static readonly string Price = SqlParts.Value("price");
    private static readonly string App = SqlParts.Value("app", "context");

    private static readonly RandomFilter[] Conditions =
    [
        Prop("colour", "eq", "red", $"{Colour} = '\"red\"'"),
        Prop("colour", "eq", 12, $"{Colour} = '12'"),
        Prop("colour", "eq", true, $"{Colour} = 'true'"),
        Prop("colour", "ne", "12", $"{Colour} IS DISTINCT FROM '\"12\"'"),
        Prop("colour", "ne", 12.0, $"{Colour} IS DISTINCT FROM '12'"),
        Prop("colour", "in", new object[] { "green", "a", 12, false }, $"{Colour} = ANY (ARRAY['\"green\"', '\"a\"', '12', 'false']::jsonb[])"),
        Prop("colour", "not_in", new object[] { "green", "a", 12 }, $"coalesce({Colour} <> ALL (ARRAY['\"green\"', '\"a\"', '12']::jsonb[]), TRUE)"),
        Prop("colour", "contains", "e", IsText(Colour, "position('e' IN {0}) > 0")),
        Prop("colour", "not_contains", "r", $"NOT {IsText(Colour, "position('r' IN {0}) > 0")}"),
        Prop("colour", "regex", "^[a-g]", IsText(Colour, "{0} ~ '^[a-g]'")),
        Prop("price", "gt", 1, IsNumber(Price, "{0} > 1")),
        Prop("price", "lte", 2, IsNumber(Price, "{0} <= 2")),
        Prop("price", "between", new[] { 0, 3 }, IsNumber(Price, "{0} BETWEEN 0 AND 3")),
        Prop("price", "set", null, $"{Price} IS NOT NULL"),
        Prop("price", "not_set", null, $"{Price} IS NULL"),
        Prop("missing", "ne", "x", "TRUE"),
        new(new { context = "app", op = "eq", value = "web" }, $"coalesce({App} = '\"web\"', FALSE)"),
    ];

    public static RandomFilter Make(Random random, int depth = 2)
    {
        if (depth == 0 || random.Next(3) > 0) return Conditions[random.Next(Conditions.Length)];
        var parts = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Make(random, depth - 1)).ToList();
        var word = random.Next(2) == 0 ? "and" : "or";
        return new(
            new Dictionary<string, object?> { [word] = parts.Select(part => part.Json).ToList() },
            $"({string.Join($" {word} ", parts.Select(part => part.Sql))})");
    }

    /// <summary>An object of a document with fields and, where there is one, the filter.</summary>
    public static Dictionary<string, object> With(RandomFilter filter, params (string Name, string? Value)[] fields)
    {
        var json = fields.Where(field => field.Value is not null).ToDictionary(field => field.Name, field => (object)field.Value!);
        if (filter.Json is not null) json["where"] = filter.Json;
        return json;
    }

    private static RandomFilter Prop(string key, string op, object? value, string sql) => new(
        value is null ? new { prop = key, op } : new { prop = key, op, value }, $"coalesce({sql}, FALSE)");

    private static string IsText(string value, string test) =>
        $"CASE WHEN jsonb_typeof({value}) = 'string' THEN {test.Replace("{0}", $"({value} #>> '{{}}')", StringComparison.Ordinal)} ELSE FALSE END";

    private static string IsNumber(string value, string test) =>
        $"CASE WHEN jsonb_typeof({value}) = 'number' THEN {test.Replace("{0}", $"({value}::text)::numeric", StringComparison.Ordinal)} ELSE FALSE END";
}
