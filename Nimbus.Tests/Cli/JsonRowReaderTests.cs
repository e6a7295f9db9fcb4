using Nimbus.Cli;
using Nimbus.Cli.Import;
using Nimbus.Client;

namespace Nimbus.Tests.Cli;

public sealed class JsonRowReaderTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, 250, TimeSpan.Zero);

    [Fact]
    public void A_line_of_an_export_becomes_the_event_it_was_with_every_field_and_every_digit()
    {
        var e = Event("""
            {"id":"019b8d57-8641-7127-b3fa-ed2a8ef6f309","name":"buy","ts":"2026-03-02T12:00:00.250Z","received_at":"2026-03-02T12:00:01.000Z","user_id":"ada","anonymous_id":"a-1","person_id":"019b8d57-8641-7127-b3fa-ed2a8ef6f300","props":{"n": 9007199254740993.10, "t": "\u00e9\n"},"context":{"page": {"n": 1e2}},"seq":7,"idempotency_key":"k-1","type":"track"}
            """);

        Assert.Equal(
            new NimbusEvent("buy")
            {
                Timestamp = Noon,
                UserId = "ada",
                AnonymousId = "a-1",
                Seq = 7,
                IdempotencyKey = "k-1",
                PropertiesJson = """{"n": 9007199254740993.10, "t": "\u00e9\n"}""",
                ContextJson = """{"page": {"n": 1e2}}""",
            },
            e);
    }

    [Fact]
    public void An_exported_event_without_a_key_gets_its_id_for_one()
    {
        var e = Event("""{"id":"i-1","name":"buy","ts":"2026-03-02T12:00:00.25Z","user_id":null,"props":{},"context":null,"seq":null,"idempotency_key":null}""");
        Assert.Equal(new NimbusEvent("buy") { Timestamp = Noon, IdempotencyKey = "i-1", PropertiesJson = "{}" }, e);
    }

    [Theory]
    [InlineData("""{"event":"buy","timestamp":"2026-03-02T12:00:00.250Z","userId":"ada","anonymousId":"a-1","messageId":"m-1","properties":{"a":1}}""")]
    [InlineData("""{"event_type":"buy","occurred_at":"2026-03-02 13:00:00.25+01:00","user_id":"ada","anonymous_id":"a-1","event_id":"m-1","props":{"a":1}}""")]
    [InlineData("""{"name":"buy","event":"other","ts":"2026-03-02T12:00:00.250Z","user_id":"ada","userId":"bob","anonymous_id":"a-1","message_id":"m-1","props":{"a":1}}""")]
    public void Fields_are_known_by_the_names_that_intake_knows(string line) =>
        Assert.Equal(
            new NimbusEvent("buy") { Timestamp = Noon, UserId = "ada", AnonymousId = "a-1", IdempotencyKey = "m-1", PropertiesJson = """{"a":1}""" },
            Event(line));

    [Fact]
    public void Equal_lines_without_a_key_are_two_events_and_the_same_ones_when_the_file_is_read_again()
    {
        const string line = """{"name":"buy","ts":"2026-03-02T12:00:00Z"}""";
        string[] Keys() => [.. Read(line + "\n\n" + line).Select(row => row.Event!.IdempotencyKey!)];

        Assert.Equal(2, Keys().Distinct().Count());
        Assert.Equal(Keys(), Keys());
    }

    [Fact]
    public void A_line_of_Mixpanel_becomes_what_its_SDK_would_have_sent()
    {
        var e = Event("""
            {"event":"Signed up","properties":{"time":1772452800.25,"distinct_id":"ada","$device_id":"d-1","$insert_id":"i-1","token":"t","$browser":"Firefox","n":9007199254740993}}
            """);

        Assert.Equal(
            new NimbusEvent("Signed up")
            {
                Timestamp = Noon,
                UserId = "ada",
                AnonymousId = "d-1",
                IdempotencyKey = "mp:Signed up:ada:i-1:2026-03-02",
                PropertiesJson = """{"distinct_id":"ada","$device_id":"d-1","$insert_id":"i-1","$browser":"Firefox","n":9007199254740993}""",
            },
            e);
    }

    [Theory]
    [InlineData("\"distinct_id\":\"$device:d-1\"", null, "d-1")]
    [InlineData("\"distinct_id\":\"d-1\",\"$device_id\":\"d-1\"", null, "d-1")]
    [InlineData("\"distinct_id\":\"$device:d-1\",\"$user_id\":\"ada\",\"$device_id\":\"d-1\"", "ada", "d-1")]
    [InlineData("\"distinct_id\":12", "12", null)]
    [InlineData("\"distinct_id\":\"\"", null, null)]
    public void A_distinct_id_of_Mixpanel_is_a_user_or_a_device(string ids, string? userId, string? anonymousId)
    {
        var e = Event("""{"event":"e","properties":{"time":1772452800,IDS}}""".Replace("IDS", ids, StringComparison.Ordinal));
        Assert.Equal((userId, anonymousId), (e.UserId, e.AnonymousId));
        Assert.StartsWith("line:", e.IdempotencyKey, StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_with_a_field_of_its_own_is_no_line_of_Mixpanel()
    {
        var e = Event("""{"event":"e","user_id":"ada","timestamp":"2026-03-02T12:00:00.250Z","properties":{"time":1,"distinct_id":"bob"}}""");
        Assert.Equal(("ada", Noon), (e.UserId, e.Timestamp));
    }

    [Theory]
    [InlineData("[1]", "no JSON object")]
    [InlineData("{", "no JSON")]
    [InlineData("{} {}", "no JSON")]
    [InlineData("""{"ts":"2026-03-02T12:00:00Z"}""", "has no name")]
    [InlineData("""{"name":"","ts":"2026-03-02T12:00:00Z"}""", "has no name")]
    [InlineData("""{"name":"a"}""", "has no ts")]
    [InlineData("""{"name":"a","ts":"yesterday"}""", "no RFC 3339 time")]
    [InlineData("""{"name":"a","ts":1772452800}""", "no RFC 3339 time")]
    [InlineData("""{"name":"a","ts":"2026-03-02T12:00:00Z","props":[]}""", "props that are no JSON object")]
    [InlineData("""{"name":"a","ts":"2026-03-02T12:00:00Z","context":1}""", "context that is no JSON object")]
    [InlineData("""{"name":"a","ts":"2026-03-02T12:00:00Z","seq":1.5}""", "seq that is no whole number")]
    [InlineData("""{"name":"a","ts":"2026-03-02T12:00:00Z","user_id":{}}""", "user_id that is no text")]
    [InlineData("""{"name":"\ud800","ts":"2026-03-02T12:00:00Z"}""", "no Unicode")]
    [InlineData("""{"event":"","properties":{"time":1,"distinct_id":"a"}}""", "no event name")]
    [InlineData("""{"event":"a","properties":{"time":"x","distinct_id":"a"}}""", "no Unix time")]
    [InlineData("""{"event":"a","properties":{"time":-1,"distinct_id":"a"}}""", "no Unix time")]
    public void A_bad_line_is_returned_with_its_number_and_its_fault_and_the_next_one_is_read(string bad, string fault)
    {
        const string good = """{"name":"a","ts":"2026-03-02T12:00:00Z"}""";
        var rows = Read(good + "\r\n\r\n" + bad + "\n" + good);

        Assert.Equal([(1L, true), (3L, false), (4L, true)], rows.Select(row => (row.Line, row.Event is not null)));
        Assert.Contains(fault, rows[1].Fault!, StringComparison.Ordinal);
        Assert.Equal(bad, rows[1].Raw);
    }

    [Fact]
    public void Reading_goes_on_after_the_rows_of_an_earlier_run_with_the_same_keys()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 5_000).Select(i => $$"""{"name":"e{{i}}","ts":"2026-03-02T12:00:00Z"}"""));
        var whole = Read(lines);
        using var rows = RowReader.Of(new StringReader(lines));

        Assert.True(rows.Skip(4_998));
        Assert.Equal(whole[4_998], rows.Read());
        Assert.Equal(whole[4_999], rows.Read());
        Assert.Null(rows.Read());
        Assert.False(rows.Skip(5_001));
    }

    [Fact]
    public void A_JSON_array_is_refused_with_the_way_to_make_lines_of_it() =>
        Assert.Contains("jq", Assert.Throws<CliException>(() => RowReader.Of(new StringReader("[{}]"))).Message, StringComparison.Ordinal);

    private static NimbusEvent Event(string line)
    {
        var row = Read(line).Single();
        Assert.Null(row.Fault);
        return row.Event!;
    }

    private static List<SourceRow> Read(string text)
    {
        using var rows = RowReader.Of(new StringReader(text));
        var read = new List<SourceRow>();
        while (rows.Read() is { } row)
            read.Add(row);
        return read;
    }
}
