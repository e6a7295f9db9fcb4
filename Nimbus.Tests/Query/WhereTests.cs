using System.Text.Json;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Querying;
using static Nimbus.Tests.Query.MemoryQueries;

namespace Nimbus.Tests.Query;

/// <summary>What filters keep.</summary>
public sealed class WhereTests
{
    private static readonly string?[] Values =
        [null, "null", "12", "12.0", "\"12\"", "true", "\"Pro plan\"", "\"pro\"", "9007199254740993", "-3.5", "[1,2]"];

    /// <summary>Which of the values, by their place in the list, an operator keeps.</summary>
    [Theory]
    [InlineData("""{"op":"eq","value":12}""", 2, 3)]
    [InlineData("""{"op":"eq","value":1.2e1}""", 2, 3)]
    [InlineData("""{"op":"eq","value":"12"}""", 4)]
    [InlineData("""{"value":true}""", 5)]
    // Absent and null are not 12.
    [InlineData("""{"op":"ne","value":12}""", 0, 1, 4, 5, 6, 7, 8, 9, 10)]
    [InlineData("""{"op":"in","value":["pro",12,false]}""", 2, 3, 7)]
    [InlineData("""{"op":"not_in","value":["pro",12]}""", 0, 1, 4, 5, 6, 8, 9, 10)]
    [InlineData("""{"op":"contains","value":"ro"}""", 6, 7)]
    [InlineData("""{"op":"not_contains","value":"ro"}""", 0, 1, 2, 3, 4, 5, 8, 9, 10)]
    [InlineData("""{"op":"regex","value":"^[Pp]ro( |$)"}""", 6, 7)]
    // Numbers only: the string 12 is not above 11. Digits beyond 2^53 count.
    [InlineData("""{"op":"gt","value":11}""", 2, 3, 8)]
    [InlineData("""{"op":"gt","value":9007199254740992}""", 8)]
    [InlineData("""{"op":"gte","value":9007199254740994}""")]
    [InlineData("""{"op":"lt","value":0}""", 9)]
    [InlineData("""{"op":"lte","value":12}""", 2, 3, 9)]
    [InlineData("""{"op":"between","value":[-3.5,12]}""", 2, 3, 9)]
    [InlineData("""{"op":"set"}""", 2, 3, 4, 5, 6, 7, 8, 9, 10)]
    [InlineData("""{"op":"not_set"}""", 0, 1)]
    public void An_operator_on_a_value(string condition, params int[] kept)
    {
        Assert.Equal(kept, Kept($$"""{"prop":"key",{{condition[1..]}}"""));
        // A property that no event has is not set.
        var keepsAbsent = kept.Contains(0);
        Assert.Equal(keepsAbsent ? Values.Length : 0, Kept($$"""{"prop":"other",{{condition[1..]}}""").Count);
    }

    [Fact]
    public void Filters_are_joined_by_and_and_or()
    {
        const string Eq12 = """{"prop":"key","value":12}""";
        const string Text = """{"prop":"key","op":"contains","value":"p"}""";
        const string Above = """{"prop":"key","op":"gt","value":11}""";
        Assert.Equal([2, 3, 6, 7], Kept($$"""{"or":[{{Eq12}},{{Text}}]}"""));
        Assert.Equal([2, 3], Kept($$"""{"and":[{{Eq12}},{{Above}}]}"""));
        Assert.Equal([6, 7, 8], Kept($$"""{"or":[{{Text}},{"and":[{{Above}},{"prop":"key","op":"ne","value":12}]}]}"""));
    }

    [Theory]
    [InlineData("""{"prop":"k","op":"eq","value":[1]}""")]
    [InlineData("""{"prop":"k","op":"in","value":[]}""")]
    [InlineData("""{"prop":"k","op":"regex","value":"(a)\\1"}""")]
    [InlineData("""{"prop":"k","op":"between","value":[1]}""")]
    [InlineData("""{"prop":"k","op":"eq","value":1e999999999}""")]
    [InlineData("""{"prop":"k","op":"set","value":1}""")]
    [InlineData("""{"prop":"k","op":"contains"}""")]
    public void A_value_that_does_not_go_with_the_operator_is_a_fault(string where) =>
        Assert.Equal(["where.value"], Faults(d => d.Where, $$"""{"where":{{where}}}""").Keys);

    private static List<int> Kept(string where)
    {
        using var project = MemoryProject.From(Values.Select((value, i) => new MemoryEvent(i, "e", "ada",
            Props: value is null ? null : new Dictionary<string, string> { ["key"] = value })));
        var filter = Read(d => d.Where, JsonSerializer.Serialize(new { where = JsonSerializer.Deserialize<JsonElement>(where) }));
        var selector = new EventSelector(project, [new EventRole("e")], filter!.Compile(project));
        var kept = new List<int>();
        foreach (var view in Over(project).Blocks(0, 1000))
        {
            selector.Select(view);
            foreach (var time in selector.Times) kept.Add((int)time);
        }
        return kept;
    }
}
