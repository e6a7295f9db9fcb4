using Nimbus.QueryService.Events;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;

namespace Nimbus.Tests.Query;

public sealed class ParameterTests
{
    [Theory]
    [InlineData("pro", """["\"pro\""]""")]
    [InlineData("12", """["\"12\"","12"]""")]
    [InlineData("-1.50e2", """["\"-1.50e2\"","-1.50e2"]""")]
    [InlineData("12345678901234567890", """["\"12345678901234567890\"","12345678901234567890"]""")]
    [InlineData("true", """["\"true\"","true"]""")]
    [InlineData("True", """["\"True\""]""")]
    [InlineData("null", """["\"null\""]""")]
    [InlineData("012", """["\"012\""]""")]
    [InlineData("1e999", """["\"1e999\""]""")]
    [InlineData("0e99999999", """["\"0e99999999\""]""")]
    [InlineData("12\n", """["\"12\\n\""]""")]
    [InlineData("", """["\"\""]""")]
    public void A_value_in_a_url_is_a_string_or_the_number_or_boolean_it_spells(string value, string candidates) =>
        Assert.Equal(candidates, System.Text.Json.JsonSerializer.Serialize(PropertyFilter.CandidatesFor(value), Readable));

    [Fact]
    public void Property_keys_keep_their_case_and_their_dots()
    {
        var filters = PropertyFilter.Read("?project_id=x&props.Plan=a&props.plan=b&props.plan=c&props.a.b=%00&Props.x=1");
        Assert.Equal(["Plan", "plan", "a.b"], filters.Select(filter => filter.Key));
        Assert.Equal(["\"b\"", "\"c\""], filters[1].Candidates);
        Assert.Equal("\"\\uFFFD\"", filters[2].Candidates[0]);
    }

    [Theory]
    [InlineData("count")]
    [InlineData("users")]
    [InlineData("sum:price")]
    [InlineData("avg:a:b")]
    [InlineData("min:x")]
    [InlineData("max:x")]
    [InlineData("p50:x")]
    [InlineData("p90:x")]
    [InlineData("p99:x")]
    public void A_measure_is_written_as_it_was_read(string text) => Assert.Equal(text, Measure.Parse(text)?.ToString());

    [Theory]
    [InlineData("sum")]
    [InlineData("sum:")]
    [InlineData("count:x")]
    [InlineData("p95:x")]
    [InlineData(":x")]
    [InlineData("COUNT")]
    public void What_is_no_measure_reads_as_nothing(string text) => Assert.Null(Measure.Parse(text));

    [Fact]
    public void A_cursor_is_read_as_it_was_written()
    {
        var cursor = new EventCursor(new DateTime(2026, 3, 1, 12, 0, 0, 123, DateTimeKind.Utc), Guid.CreateVersion7());
        Assert.Equal(cursor, EventCursor.Parse(cursor.ToString()));
        var ancient = new EventCursor(new DateTime(1, 1, 1, 0, 0, 0, DateTimeKind.Utc), Guid.Empty);
        Assert.Equal(ancient, EventCursor.Parse(ancient.ToString()));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("f_________AAAAAAAAAAAAAAAAAAAAAA")] // a time beyond the year 9999
    [InlineData("gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] // the smallest 64-bit number
    public void A_broken_cursor_reads_as_nothing(string text) => Assert.Null(EventCursor.Parse(text));

    [Fact]
    public void What_PostgreSQL_cannot_hold_becomes_what_ingestion_made_of_it() =>
        Assert.Equal("a\ufffdb\ufffd😀", StoredText.Of("a\0b\ud800😀"));

    private static readonly System.Text.Json.JsonSerializerOptions Readable = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
