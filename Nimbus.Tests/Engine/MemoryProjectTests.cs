using Nimbus.QueryService.Engine;

namespace Nimbus.Tests.Engine;

public sealed class MemoryProjectTests
{
    [Fact]
    public void Events_come_in_order_of_time_then_seq_then_arrival()
    {
        using var project = MemoryProject.From(
        [
            new(20, "b", Seq: 2), new(10, "a"), new(20, "c", Seq: 1), new(20, "d"), new(20, "e"),
        ]);
        var view = new BlockView();
        view.Open(Assert.Single(project.Blocks(long.MinValue, long.MaxValue)));

        Assert.Equal([10, 20, 20, 20, 20], view.Times.ToArray());
        Assert.Equal("acbde", string.Concat(view.Names.ToArray().Select(code => project.Names[code])));
    }

    [Fact]
    public void A_range_has_its_start_and_not_its_end()
    {
        using var project = MemoryProject.From([new(10, "a"), new(20, "b"), new(30, "c")]);
        var view = new BlockView();
        view.Open(Assert.Single(project.Blocks(10, 30)));

        Assert.Equal([10, 20], view.Times.ToArray());
        Assert.Empty(project.Blocks(21, 30));
    }

    [Fact]
    public void Events_are_counted_by_slice_of_time_and_name()
    {
        using var project = MemoryProject.From([new(59_999, "a"), new(60_000, "b"), new(60_001, "a"), new(180_000, "a")]);

        Assert.Equal([1, 0, 1, 1, 0, 0], project.CountByMinute([0, 60_000, 120_000, 180_000]));
        Assert.Equal([1, 0, 1, 0], project.CountByMinute([60_001, 60_002, 200_000]));
        Assert.Empty(project.CountByMinute([0]));
    }

    [Fact]
    public void A_block_never_splits_a_millisecond()
    {
        using var project = MemoryProject.From(Enumerable.Range(0, 200_000).Select(i => new MemoryEvent(i / 70_000, "a")));
        var blocks = project.Blocks(0, 10);

        Assert.Equal(200_000, blocks.Sum(block => block.Count));
        Assert.Equal([70_000, 70_000, 60_000], blocks.Select(block => block.Count));
    }

    [Fact]
    public void Protected_ids_and_no_id_are_nobody()
    {
        using var project = MemoryProject.From(
            [new(1, "a", UserId: "ada"), new(2, "a", AnonymousId: "a-1"), new(3, "a", UserId: "anonymous"), new(4, "a")],
            new Dictionary<string, string> { ["a-1"] = "ada" });
        var view = new BlockView();
        view.Open(project.Blocks(0, 10)[0]);

        var ada = view.Persons[0];
        Assert.Equal([ada, ada, -1, -1], view.Persons.ToArray().Select(project.People.Canonical));
        Assert.Equal([0, EventFlags.Anonymous, 0, 0], view.Flags.ToArray());
        Assert.Equal(1, project.People.FirstSeenOfPeople()[ada]);
    }

    [Fact]
    public void A_filter_is_asked_once_per_value_and_types_differ()
    {
        using var project = MemoryProject.From(
            new[] { "12", "12.0", "\"12\"", "null", "true", "1.2e1" }.Select(
                (json, i) => new MemoryEvent(i, "a", Props: new Dictionary<string, string> { ["p"] = json })));
        var column = project.Column(PropertySource.Props, "p")!;
        var view = new BlockView();
        view.Open(project.Blocks(0, 10)[0]);

        var asked = new List<PropertyValue>();
        var twelve = column.Match(value =>
        {
            asked.Add(value);
            return value == new PropertyValue(ValueKind.Number, "12");
        });
        Assert.Equal([true, true, false, false, false, true], view.Codes(column).ToArray().Select(twelve.Contains));
        Assert.Equal(4, asked.Count);
        Assert.Equal(12, column.Number(view.Codes(column)[1]));
        Assert.Null(project.Column(PropertySource.Props, "q"));
    }

    [Theory]
    [InlineData("12.50", "12.5")]
    [InlineData("-0", "0")]
    [InlineData("-0.00", "0")]
    [InlineData("1e3", "1000")]
    [InlineData("1.25E-3", "0.00125")]
    [InlineData("100", "100")]
    [InlineData("9007199254740993", "9007199254740993")]
    public void A_number_has_one_text(string json, string text) =>
        Assert.Equal(new PropertyValue(ValueKind.Number, text), PropertyValue.OfJson(json));

    [Fact]
    public void Values_are_ordered_by_type_then_value()
    {
        string[] ordered =
        [
            "null", "false", "true", "-10", "-9.5", "0", "0.001", "2", "10", "10.5",
            "\"\"", "\"B\"", "\"a\"", "\"\uffee\"", "\"\U0001F600\"", "[1]",
        ];
        Assert.Equal(
            ordered.Select(PropertyValue.OfJson),
            ordered.Reverse().Select(PropertyValue.OfJson).Order(PropertyValue.InOrder));
    }
}
