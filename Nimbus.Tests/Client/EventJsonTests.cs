using System.Text;
using System.Text.Json;
using Nimbus.Client;

namespace Nimbus.Tests.Client;

public sealed class EventJsonTests
{
    [Fact]
    public void Properties_keep_their_types()
    {
        var properties = new Dictionary<string, object?>
        {
            ["text"] = "quote \" and \\ and 庭",
            ["long"] = 9_007_199_254_740_993,
            ["decimal"] = 12.90m,
            ["flag"] = true,
            ["nothing"] = null,
            ["time"] = new DateTimeOffset(2026, 1, 5, 13, 0, 0, TimeSpan.FromHours(1)),
            ["list"] = new object[] { 1, "two" },
            ["object"] = new Dictionary<string, object?> { ["inner"] = 1.5 },
        };

        var props = Written(new NimbusEvent("e") { Properties = properties }).GetProperty("props");

        Assert.Equal("quote \" and \\ and 庭", props.GetProperty("text").GetString());
        Assert.Equal("9007199254740993", props.GetProperty("long").GetRawText());
        Assert.Equal("12.90", props.GetProperty("decimal").GetRawText());
        Assert.Equal(JsonValueKind.True, props.GetProperty("flag").ValueKind);
        Assert.Equal(JsonValueKind.Null, props.GetProperty("nothing").ValueKind);
        Assert.Equal("2026-01-05T12:00:00Z", props.GetProperty("time").GetString());
        Assert.Equal("""[1,"two"]""", props.GetProperty("list").GetRawText());
        Assert.Equal(1.5, props.GetProperty("object").GetProperty("inner").GetDouble());
    }

    [Theory]
    [InlineData("""{"n":123456789012345678901234567890.10}""")]
    [InlineData("""{"n":1.0, "m":1e400}""")]
    [InlineData("""  {"a":1,"a":2}  """)]
    public void Json_given_as_text_is_sent_as_it_stands(string json)
    {
        var props = Written(new NimbusEvent("e") { PropertiesJson = json }).GetProperty("props");

        Assert.Equal(json.Trim(), props.GetRawText());
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{\"a\":}")]
    [InlineData("{} {}")]
    [InlineData("")]
    public void Text_that_is_no_json_object_is_refused(string json) =>
        Assert.ThrowsAny<JsonException>(() => Written(new NimbusEvent("e") { PropertiesJson = json }));

    [Fact]
    public void A_refused_event_leaves_the_batch_as_it_was()
    {
        var batch = new EventBatchBuilder();
        batch.Add(new NimbusEvent("good"));

        Assert.Throws<NotSupportedException>(() => batch.Add(
            new NimbusEvent("bad") { Properties = new Dictionary<string, object?> { ["x"] = double.NaN } }));
        batch.Add(new NimbusEvent("good too"));

        Assert.Equal(["good", "good too"], Events(batch.Build()).Select(e => e.GetProperty("name").GetString()));
    }

    [Fact]
    public void An_event_without_a_key_is_given_one_and_a_given_key_stays()
    {
        var batch = new EventBatchBuilder();
        batch.Add(new NimbusEvent("a"));
        batch.Add(new NimbusEvent("b") { IdempotencyKey = "mine" });

        var keys = Events(batch.Build()).Select(e => e.GetProperty("idempotency_key").GetString()!).ToList();

        Assert.Equal(7, Guid.Parse(keys[0]).Version);
        Assert.Equal("mine", keys[1]);
    }

    [Fact]
    public void A_batch_ends_at_its_limits()
    {
        var byCount = new EventBatchBuilder(maxEvents: 2);
        var bySize = new EventBatchBuilder(maxBytes: 300);
        var large = new NimbusEvent("e") { PropertiesJson = $$"""{"x":"{{new string('x', 150)}}"}""" };

        Assert.Equal(
            [BatchAddition.Added, BatchAddition.Added, BatchAddition.Full],
            Enumerable.Range(0, 3).Select(_ => byCount.Add(new NimbusEvent("e"))));
        Assert.Equal([BatchAddition.Added, BatchAddition.Full], new[] { bySize.Add(large), bySize.Add(large) });
        Assert.True(bySize.Build().Body.Length <= 300);
    }

    private static JsonElement Written(NimbusEvent @event)
    {
        var batch = new EventBatchBuilder();
        batch.Add(@event);
        return Events(batch.Build()).Single();
    }

    private static List<JsonElement> Events(EventBatch batch) =>
        [.. JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetString(batch.Body)).GetProperty("events").EnumerateArray()];
}
