using Nimbus.IngestService;
using Nimbus.IngestService.Pipeline;
using static Nimbus.Tests.Ingest.Judging;

namespace Nimbus.Tests.Ingest;

public class EventFieldTests
{
    [Theory]
    [InlineData("name")]
    [InlineData("event")]
    [InlineData("event_type")]
    public void A_name_has_three_spellings(string field) => Assert.Equal("buy", Good($$"""{"{{field}}":"buy"}""").Name);

    [Theory]
    [InlineData("ts")]
    [InlineData("timestamp")]
    [InlineData("occurred_at")]
    public void A_time_has_three_spellings(string field) =>
        Assert.Equal(1772359200000, Good($$"""{"name":"a","{{field}}":"2026-03-01T10:00:00Z"}""").Ts);

    [Theory]
    [InlineData("props")]
    [InlineData("properties")]
    public void Properties_have_two_spellings(string field) =>
        Assert.Equal("""{"a": [1, {"b":null}]}""", Text(Good($$$"""{"name":"a","{{{field}}}":{"a": [1, {"b":null}]}}""").Props));

    [Theory]
    [InlineData("idempotency_key")]
    [InlineData("event_id")]
    [InlineData("message_id")]
    [InlineData("messageId")]
    public void A_key_has_four_spellings(string field) =>
        Assert.Equal("k-1", Good($$"""{"name":"a","{{field}}":"k-1"}""").IdempotencyKey);

    [Theory]
    [InlineData("user_id", "anonymous_id")]
    [InlineData("userId", "anonymousId")]
    public void Ids_have_two_spellings(string user, string anonymous)
    {
        var good = Good($$"""{"name":"a","{{user}}":"u","{{anonymous}}":"n"}""");
        Assert.Equal(("u", "n"), (good.UserId, good.AnonymousId));
    }

    [Theory]
    [InlineData("""{"event":"b","name":"a"}""")]
    [InlineData("""{"name":"a","event":"b"}""")]
    [InlineData("""{"name":"z","name":"a","event_type":"b"}""")]
    [InlineData("""{"event":"a","name":null}""")]
    [InlineData("""{"name":null,"event":"a"}""")]
    public void The_fields_own_name_wins_over_its_other_spellings_and_the_later_over_the_earlier(string json) =>
        Assert.Equal("a", Good(json).Name);

    [Theory]
    [InlineData("17", "17")]
    [InlineData("1.50", "1.50")]
    [InlineData("12345678901234567890", "12345678901234567890")]
    [InlineData("\"17\"", "17")]
    public void An_id_may_be_a_number_and_keeps_its_digits(string sent, string kept) =>
        Assert.Equal(kept, Good($$"""{"name":"a","user_id":{{sent}}}""").UserId);

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void A_null_or_empty_id_or_key_is_none(string none)
    {
        var good = Good($$"""{"name":"a","user_id":{{none}},"anonymous_id":{{none}},"idempotency_key":{{none}},"seq":null}""");
        Assert.Equal((null, null, null, null), (good.UserId, good.AnonymousId, good.IdempotencyKey, good.Seq));
    }

    [Fact]
    public void Without_a_time_the_time_of_receipt_is_taken() =>
        Assert.Equal(Now.ToUnixTimeMilliseconds(), Good("""{"name":"a"}""").Ts);

    [Fact]
    public void The_event_is_kept_as_received_with_fields_nobody_knows() =>
        Assert.Equal("""{ "name":"a", "future":[1,2] }""", Text(Good("""{ "name":"a", "future":[1,2] }""").Original));

    [Theory]
    [InlineData("17", DropReason.InvalidEvent)]
    [InlineData("[{}]", DropReason.InvalidEvent)]
    [InlineData("null", DropReason.InvalidEvent)]
    [InlineData("{}", DropReason.InvalidName)]
    [InlineData("""{"name":""}""", DropReason.InvalidName)]
    [InlineData("""{"name":7}""", DropReason.InvalidName)]
    [InlineData("""{"name":{"a":1}}""", DropReason.InvalidName)]
    [InlineData("""{"name":"a","ts":"yesterday"}""", DropReason.InvalidTs)]
    [InlineData("""{"name":"a","ts":""}""", DropReason.InvalidTs)]
    [InlineData("""{"name":"a","ts":1772359200}""", DropReason.InvalidTs)]
    [InlineData("""{"name":"a","ts":"2026-02-30T00:00:00Z"}""", DropReason.InvalidTs)]
    [InlineData("""{"name":"a","user_id":true}""", DropReason.InvalidUserId)]
    [InlineData("""{"name":"a","anonymous_id":["x"]}""", DropReason.InvalidAnonymousId)]
    [InlineData("""{"name":"a","idempotency_key":{}}""", DropReason.InvalidIdempotencyKey)]
    [InlineData("""{"name":"a","seq":1.5}""", DropReason.InvalidSeq)]
    [InlineData("""{"name":"a","seq":9223372036854775808}""", DropReason.InvalidSeq)]
    [InlineData("""{"name":"a","seq":"1"}""", DropReason.InvalidSeq)]
    [InlineData("""{"name":"a","props":[]}""", DropReason.InvalidProps)]
    [InlineData("""{"name":"a","props":"x"}""", DropReason.InvalidProps)]
    [InlineData("""{"name":"a","props":{"n":1e400}}""", DropReason.InvalidProps)]
    [InlineData("""{"name":"a","props":{"deep":[{"n":-1e400}]}}""", DropReason.InvalidProps)]
    [InlineData("""{"name":"a","context":3}""", DropReason.InvalidContext)]
    public void What_cannot_be_kept_says_why(string json, DropReason reason) => Assert.Equal(reason, Bad(json));

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void Two_hundred_characters_are_the_most_and_an_emoji_is_one(int characters, bool fits)
    {
        var text = string.Concat(Enumerable.Repeat("😀", characters));
        var result = Batch($$"""{"events":[{"name":"{{text}}"},{"name":"a","user_id":"{{text}}"},{"name":"a","messageId":"{{text}}"}]}""");
        Assert.Equal(fits ? 3 : 0, result.Accepted.Count);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Props_may_be_sixty_four_levels_deep(int levels, bool fits)
    {
        // The object itself is the first level.
        var nested = string.Concat(Enumerable.Repeat("[", levels - 1)) + string.Concat(Enumerable.Repeat("]", levels - 1));
        var result = Batch($$$"""{"events":[{"name":"a","props":{"x":{{{nested}}}}},{"name":"b"}]}""");
        Assert.Equal(fits ? 2 : 1, result.Accepted.Count);
    }

    [Theory]
    [InlineData(2000, true)]
    [InlineData(2001, false)]
    public void Props_may_have_two_thousand_keys_on_all_levels_together(int keys, bool fits)
    {
        // One for "x", the rest within it.
        var inner = string.Join(',', Enumerable.Range(0, keys - 1).Select(i => $"\"k{i}\":{i}"));
        var result = Batch($$$$"""{"events":[{"name":"a","props":{"x":{ {{{{inner}}}} }}}]}""");
        Assert.Equal(fits ? 1 : 0, result.Accepted.Count);
    }

    [Fact]
    public void A_million_brackets_are_an_error_of_their_event_alone()
    {
        var deep = new string('[', 1_000_000) + new string(']', 1_000_000);
        var result = Batch(
            $$$"""{"events":[{"name":"a","props":{"x":{{{deep}}}}},{"name":"b"}]}""", new IngestOptions { MaxEventBytes = 4_000_000 });
        Assert.Equal(DropReason.InvalidProps, Assert.Single(result.Dropped).Reason);
        Assert.Equal("b", Assert.Single(result.Accepted).Name);
    }

    [Fact]
    public void An_event_past_the_limit_is_too_large_and_its_neighbour_is_not()
    {
        var result = Batch(
            """{"events":[{"name":"a","props":{"x":"0123456789"}},{"name":"b"}]}""", new IngestOptions { MaxEventBytes = 20 });
        Assert.Equal(new DroppedEvent(0, DropReason.EventTooLarge), Assert.Single(result.Dropped));
        Assert.Equal(1, Assert.Single(result.Accepted).Index);
    }

    [Fact]
    public void Every_reason_has_a_word_and_a_sentence()
    {
        Assert.Equal("ts_in_future", DropReason.TsInFuture.Code());
        Assert.All(Enum.GetValues<DropReason>(), reason => Assert.EndsWith(".", reason.Message(), StringComparison.Ordinal));
    }
}
