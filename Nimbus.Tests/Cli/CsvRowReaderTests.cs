using Nimbus.Cli;
using Nimbus.Cli.Import;

namespace Nimbus.Tests.Cli;

public sealed class CsvRowReaderTests
{
    private const string Header = "event_id,occurred_at,user_id,event_type,properties_json\n";
    private const string Good = "id1,2026-01-05T08:46:49.618Z,ada,signup,{}\n";

    [Fact]
    public void A_row_becomes_an_event_and_its_properties_keep_their_text()
    {
        var row = Read(Header + """
            id1,2026-01-05T08:46:49.618Z,ada,signup,"{""n"": 9007199254740993.10, ""q"":""a \""b\"", c""}"
            """).Single();

        Assert.Null(row.Fault);
        Assert.Equal(("id1", "signup", "ada"), (row.Event!.IdempotencyKey, row.Event.Name, row.Event.UserId));
        Assert.Equal(new DateTimeOffset(2026, 1, 5, 8, 46, 49, 618, TimeSpan.Zero), row.Event.Timestamp);
        Assert.Equal("""{"n": 9007199254740993.10, "q":"a \"b\", c"}""", row.Event.PropertiesJson);
    }

    [Fact]
    public void Columns_may_stand_in_any_order_with_others_between_behind_a_byte_order_mark_and_with_CRLF()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(
            path,
            "Properties_JSON,extra, user_id ,event_type,occurred_at,event_id\r\n{},x,ada,signup,2026-01-05T00:00:00Z,id1\r\n",
            new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        using var source = SourceFile.Open(path);
        using var rows = new CsvRowReader(source.Text);

        var row = rows.Read();

        Assert.Null(row!.Fault);
        Assert.Equal(("id1", "signup", "ada"), (row.Event!.IdempotencyKey, row.Event.Name, row.Event.UserId));
        Assert.Null(rows.Read());
        File.Delete(path);
    }

    [Fact]
    public void An_empty_user_is_nobody_and_empty_properties_are_none()
    {
        var row = Read(Header + "id1,2026-01-05T00:00:00Z,,signup,\n").Single();

        Assert.Null(row.Fault);
        Assert.Null(row.Event!.UserId);
        Assert.Null(row.Event.PropertiesJson);
    }

    [Theory]
    [InlineData(",2026-01-05T00:00:00Z,ada,signup,{}", "event_id is empty")]
    [InlineData("id1,2026-01-05T00:00:00Z,ada,,{}", "event_type is empty")]
    [InlineData("id1,05/01/2026,ada,signup,{}", "occurred_at '05/01/2026' is no RFC 3339 time")]
    [InlineData("id1,2026-02-30T00:00:00Z,ada,signup,{}", "is no RFC 3339 time")]
    [InlineData("id1,2026-01-05,ada,signup,{}", "is no RFC 3339 time")]
    [InlineData("id1,,ada,signup,{}", "is no RFC 3339 time")]
    [InlineData("id1,2026-01-05T00:00:00Z,ada,signup,[1]", "no JSON object")]
    [InlineData("id1,2026-01-05T00:00:00Z,ada,signup,null", "no JSON object")]
    [InlineData("id1,2026-01-05T00:00:00Z,ada,signup,{a:1}", "no JSON")]
    [InlineData("id1,2026-01-05T00:00:00Z,ada,signup,\"{\"\"a\"\":1\"", "no JSON")]
    [InlineData("id1,2026-01-05T00:00:00Z,ada,signup,{} {}", "no JSON")]
    [InlineData("id1,2026-01-05T00:00:00Z,ada,signup", "has 4 fields where the header has 5")]
    [InlineData("id1,2026-01-05T00:00:00Z,ada,signup,{},more", "has 6 fields where the header has 5")]
    [InlineData("id1,2026-01-05T00:00:00Z,a\"da\",signup,{}", "quote")]
    [InlineData("id1,2026-01-05T00:00:00Z,\"a\"da,signup,{}", "quote")]
    public void A_bad_row_is_returned_with_its_line_its_text_and_its_fault_and_the_next_one_is_read(string bad, string fault)
    {
        var rows = Read(Header + Good + bad + "\n" + Good);

        Assert.Equal([true, false, true], rows.Select(row => row.Event is not null));
        Assert.Equal([2, 3, 4], rows.Select(row => row.Line));
        Assert.Contains(fault, rows[1].Fault!, StringComparison.Ordinal);
        Assert.Equal(bad, rows[1].Raw);
    }

    [Fact]
    public void Line_numbers_are_of_the_rows_beginning_past_blank_lines_and_line_breaks_in_fields()
    {
        var twoLines = "id1,2026-01-05T00:00:00Z,\"a\nda\",signup,\"{\"\"a\"\":\n1}\"\n";

        var rows = Read(Header + twoLines + "\n\n" + Good + twoLines);

        Assert.Equal([2, 7, 8], rows.Select(row => row.Line));
        Assert.All(rows, row => Assert.Null(row.Fault));
        Assert.Equal("a\nda", rows[0].Event!.UserId);
    }

    [Fact]
    public void A_field_of_megabytes_is_read_whole()
    {
        var value = new string('x', 5 << 20);

        var row = Read(Header + $"id1,2026-01-05T00:00:00Z,ada,signup,\"{{\"\"v\"\":\"\"{value}\"\"}}\"\n").Single();

        Assert.Equal($$"""{"v":"{{value}}"}""", row.Event!.PropertiesJson);
    }

    [Fact]
    public void A_quote_that_is_never_closed_makes_one_bad_row_of_the_rest()
    {
        var rows = Read(Header + Good + "id2,2026-01-05T00:00:00Z,ada,signup,\"{\n" + Good + Good);

        Assert.Equal(2, rows.Count);
        Assert.NotNull(rows[1].Fault);
        Assert.Equal(3, rows[1].Line);
    }

    [Theory]
    [InlineData("id2,2026-01-05T00:00:00Z,ada,signup,\"{\n")]
    [InlineData("id2,2026-01-05T00:00:00Z,ada,signup,\"{")]
    [InlineData("id2,2026-01-05T00:0")]
    public void A_file_that_breaks_off_in_a_row_has_that_row_bad_and_the_others_good(string brokenOff)
    {
        var rows = Read(Header + Good + brokenOff);

        Assert.Equal([(2L, true), (3L, false)], rows.Select(row => (row.Line, row.Event is not null)));
    }

    [Theory]
    [InlineData("", "event_id, occurred_at, user_id, event_type, properties_json")]
    [InlineData("event_id,occurred_at,user_id,event_type\n", "lacks properties_json;")]
    [InlineData("id1,2026-01-05T00:00:00Z,ada,signup,{}\n", "event_id, occurred_at")]
    public void A_header_without_a_column_is_refused_by_its_name(string text, string named)
    {
        var refusal = Assert.Throws<CliException>(() => new CsvRowReader(new StringReader(text)));

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skipping_passes_over_exactly_so_many_rows_bad_ones_included()
    {
        using var rows = new CsvRowReader(new StringReader(Header + Good + "bad\n" + "id3,2026-01-05T00:00:00Z,ada,third,{}\n"));

        Assert.True(rows.Skip(2));
        Assert.Equal("third", rows.Read()!.Event!.Name);
        Assert.False(rows.Skip(4));
    }

    [Theory]
    [InlineData("2026-01-05T08:46:49Z", 0)]
    [InlineData("2026-01-05T08:46:49.6Z", 600)]
    [InlineData("2026-01-05 08:46:49.618", 618)]
    [InlineData("2026-01-05T08:46:49.618999999Z", 618)]
    [InlineData("2026-01-05T10:16:49.618+01:30", 618)]
    public void Times_are_read_to_the_millisecond_and_are_UTC_without_an_offset(string text, int milliseconds)
    {
        Assert.True(EventTime.TryParse(text, out var time));

        Assert.Equal(TimeSpan.Zero, time.Offset);
        Assert.Equal((8, 46, 49, milliseconds), (time.Hour, time.Minute, time.Second, time.Millisecond));
    }

    private static List<SourceRow> Read(string text)
    {
        using var rows = new CsvRowReader(new StringReader(text));
        var read = new List<SourceRow>();
        while (rows.Read() is { } row)
            read.Add(row);
        return read;
    }
}
