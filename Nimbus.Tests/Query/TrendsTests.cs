using System.Numerics;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Trends;
using NodaTime;
using NodaTime.Text;
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

    [Theory]
    [InlineData("UTC", "2026-02-25T00:00:00Z", "1h")]
    [InlineData("America/Havana", "2018-11-01T04:00:00Z", "1d")]
    [InlineData("Australia/Lord_Howe", "2018-03-29T13:00:00Z", "1h")]
    [InlineData("Pacific/Apia", "2011-12-27T10:00:00Z", "1d")]
    [InlineData("America/Sao_Paulo", "2018-02-14T02:00:00Z", "1w")]
    public void Every_measure_agrees_with_its_twin(string zone, string from, string bucket)
    {
        var start = InstantPattern.ExtendedIso.Parse(from).Value;
        var stored = RandomProject.Make(zone.Length, start, 400);
        using var project = Memory(stored);
        foreach (var measure in (string[])["count", "users", "sum:price", "avg:price", "min:price", "max:price", "p50:price", "p90:price"])
        {
            var query = Read(TrendsQuery.Read, $$"""
                {"from":"{{start + Duration.FromMinutes(777)}}","to":"{{start + Duration.FromHours(155)}}","tz":"{{zone}}","bucket":"{{bucket}}",
                 "series":[{"measure":"{{measure}}"}]}
                """);
            var line = Assert.Single(TrendsReader.Run(query, Over(project)).Series);
            var events = stored.Events.Where(e => Instant.FromDateTimeUtc(e.Ts) >= query.Range.From && Instant.FromDateTimeUtc(e.Ts) < query.Range.To).ToList();
            var expected = NaiveQueries.Series(stored, Measure.Parse(measure)!, events, query.Range.Starts);
            foreach (var (value, point) in expected.Append(NaiveQueries.Measure(stored, Measure.Parse(measure)!, events))
                .Zip(line.Points.Append(new(default, line.Total))))
                AssertSame(value, point, measure);
        }
    }

    [Theory]
    [InlineData("count")]
    [InlineData("users")]
    [InlineData("p50:price")]
    public void Groups_agree_with_their_twin(string measure)
    {
        var start = Instant.FromUtc(2026, 2, 25, 0, 0);
        var stored = RandomProject.Make(7, start, 500);
        using var project = Memory(stored);
        foreach (var key in new[] { "colour", "price", "missing" })
        {
            var query = Read(TrendsQuery.Read, $$"""
                {"from":"2026-02-25","to":"2026-03-05","bucket":"1d","series":[{"measure":"{{measure}}"}],"group_by":{"prop":"{{key}}"} }
                """);
            var lines = TrendsReader.Run(query, Over(project)).Series;
            var expected = NaiveQueries.Groups(stored, Measure.Parse(measure)!, stored.Events, key);
            Assert.Equal(expected.Select(group => (group.Value, group.Other)),
                lines.Select(line => (NaiveQueries.Canonical(line.Group!.Value.Text), line.Other)));
            foreach (var (group, line) in expected.Zip(lines))
                foreach (var (value, point) in NaiveQueries.Series(stored, Measure.Parse(measure)!, group.Events, query.Range.Starts).Zip(line.Points))
                    AssertSame(value, point, measure);
        }
    }

    internal static ProjectSnapshot Memory(StoredProject stored) => MemoryProject.From(
        stored.Events.Select(e => new MemoryEvent(
            new DateTimeOffset(e.Ts).ToUnixTimeMilliseconds(), e.Name, e.UserId, e.AnonymousId, e.Props)),
        stored.SamePerson);

    private static void AssertSame(BigInteger? expected, SeriesPoint point, string measure)
    {
        BigInteger? found = point.Value is { } number ? NaiveQueries.Exact(number.Text) : null;
        if (expected is { } wanted && found is { } known)
        {
            // A sum that no double holds is answered as the largest one.
            var largest = NaiveQueries.Exact("1.7976931348623157e308");
            if (BigInteger.Abs(wanted) > largest) wanted = wanted.Sign * largest;
            // And what is nearer to zero than any double is zero.
            var smallest = NaiveQueries.Exact("1e-300");
            if (BigInteger.Abs(wanted) < smallest && BigInteger.Abs(known) < smallest) return;
            if (BigInteger.Abs(wanted - known) * 1_000_000_000 <= BigInteger.Abs(wanted)) return;
        }
        Assert.True(expected is null && found is null, $"{measure} {point.Ts:O}: {expected} / 10^500 expected, {point.Value?.Text} found");
    }

    private static IEnumerable<string> Ask(string json) => Run(Example, json).Series.Select(Text);

    private static TrendsResult Run(IEnumerable<MemoryEvent> events, string json)
    {
        using var project = MemoryProject.From(events);
        return TrendsReader.Run(Read(TrendsQuery.Read, json), Over(project));
    }

    private static string Text(TrendsLine line) =>
        $"{line.Label}{(line.Group is { } group ? $" {group.Text}" : "")}: {string.Join(" ", line.Points.Select(p => p.Value?.Text ?? "-"))} = {line.Total?.Text ?? "-"}";
}
