using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Trends;
using static Nimbus.Tests.Query.MemoryQueries;

namespace Nimbus.Tests.Query;

/// <summary>Measures over time, several at once.</summary>
public sealed class TrendsTests
{
    private static readonly MemoryEvent[] Example =
    [
        Event("10:00", "view", "ada", ("plan", "\"pro\"")), Event("10:30", "view", "bob", ("plan", "\"free\"")),
        Event("10:40", "buy", "ada", ("price", "30")), Event("11:10", "view", "ada", ("plan", "\"pro\"")),
        Event("11:20", "view", "cyd"), Event("2026-03-02T08:50:00Z", "view", "cyd"), Event("11:30", "view", null),
    ];

    private const string TwoHours = "\"from\":\"2026-03-02T10:00:00Z\",\"to\":\"2026-03-02T12:00:00Z\",\"bucket\":\"1h\"";

    [Fact]
    public void Several_series_and_a_formula_over_them()
    {
        const string Series = """
            "series":[{"name":"buy","measure":"users"},{"name":"view","measure":"users","label":"viewers"},{"name":"buy","measure":"avg:price"}]
            """;
        // Buyers: ada; viewers: ada and bob, then ada and cyd: over both hours three, for users never add up.
        Assert.Equal(["buy: 1 0 = 1", "viewers: 2 2 = 3", "buy: 30 - = 30"], Ask($$"""{{{TwoHours}},{{Series}}}"""));
        Assert.Equal(["A / B * 100: 50 0 = 33.33333333333333"],
            Ask($$"""{{{TwoHours}},{{Series}},"formula":"A / B * 100"}"""));
        // Where an operand has no value, or a divisor is 0, there is none.
        Assert.Equal(["(C - 10) / A: 20 - = 20"], Ask($$"""{{{TwoHours}},{{Series}},"formula":"(C - 10) / A"}"""));
    }

    [Fact]
    public void Groups_and_the_period_before()
    {
        // Two without a plan, cyd's and nobody's, tie with two of "pro": null comes first.
        Assert.Equal(["view null: 0 2 = 2", "view $other: 2 1 = 3"], Ask($$"""
            {{{TwoHours}},"series":[{"name":"view"}],"group_by":{"prop":"plan"},"group_limit":1}
            """).Select(line => line.Replace("\"$other\"", "$other", StringComparison.Ordinal)));
        var compared = Run(Example, $$"""{{{TwoHours}},"series":[{"name":"view"}],"compare":"previous_period"}""").Compare!;
        Assert.Equal(["view: 1 0 = 1"], compared.Select(Text));
        Assert.Equal(At("08:00").ToDateTimeUtc(), compared[0].Points[0].Ts);
    }

    [Theory]
    [InlineData("2026-03-02", "2026-03-03", "1d", "2026-02-28T00:00:00Z", "2026-03-02T00:00:00Z")]
    [InlineData("2026-03-02T12:00:00Z", "2026-03-03T06:00:00Z", "1d", "2026-02-28T12:00:00Z", "2026-03-01T06:00:00Z")]
    [InlineData("2026-03-01", "2026-03-31", "1mo", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")]
    public void The_period_before_has_as_many_buckets(string from, string to, string bucket, string before, string until)
    {
        var query = Read(TrendsQuery.Read, $$"""
            {"from":"{{from}}","to":"{{to}}","bucket":"{{bucket}}","series":[{}],"compare":"previous_period"}
            """);
        Assert.Equal((At(before), At(until)), (query.Previous!.From, query.Previous.To));
        Assert.Equal(query.Range.Starts.Count, query.Previous.Starts.Count);
    }

    [Theory]
    [InlineData("A/B", 2, 2.0)]
    [InlineData(" 1.5 * (A - -B) ", 2, 9.0)]
    [InlineData("A - B - 1 + 2 * 3", 2, 7.0)]
    [InlineData("A / (B - 2)", 2, null)]
    public void A_formula_is_arithmetic(string formula, int series, double? value) =>
        Assert.Equal(value, TrendsFormula.Parse(formula, series)!.Of([4, 2]));

    [Theory]
    [InlineData("C")]
    [InlineData("A B")]
    [InlineData("A +")]
    [InlineData("(A")]
    [InlineData("")]
    public void What_is_no_formula_is_none(string formula) => Assert.Null(TrendsFormula.Parse(formula, 2));

    private static IEnumerable<string> Ask(string json) => Run(Example, json).Series.Select(Text);

    private static TrendsResult Run(IEnumerable<MemoryEvent> events, string json)
    {
        using var project = MemoryProject.From(events);
        return TrendsReader.Run(Read(TrendsQuery.Read, json), Over(project));
    }

    private static string Text(TrendsLine line) =>
        $"{line.Label}{(line.Group is { } group ? $" {group.Text}" : "")}: {string.Join(" ", line.Points.Select(p => p.Value?.Text ?? "-"))} = {line.Total?.Text ?? "-"}";
}
