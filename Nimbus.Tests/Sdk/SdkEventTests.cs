using System.Text.Json;
using Nimbus.Events;
using Nimbus.IngestService.Compatibility;
using Nimbus.IngestService.Compatibility.Mixpanel;
using Nimbus.IngestService.Compatibility.PostHog;
using Nimbus.IngestService.Compatibility.Segment;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.Tests.Sdk;

/// <summary>What the events of each vendor are in Nimbus's words.</summary>
public sealed class SdkEventTests
{
    private static readonly long Now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    [Theory]
    // No skew is known without the time of sending; with it, the device's clock is put right.
    [InlineData("", "11:00:00.000Z", 11 * 60)]
    [InlineData("11:30:00.000Z", "11:00:00.000Z", 11 * 60 + 30)]
    [InlineData("12:30:00.000Z", "12:20:00Z", 11 * 60 + 50)]
    public void Segments_times_are_put_right_by_when_it_sent(string sentAt, string timestamp, int minutes)
    {
        var sent = sentAt.Length > 0 ? $"\"sentAt\":\"2026-03-01T{sentAt}\"," : "";
        var item = Assert.Single(SegmentEvents.Read(
            Json($"{{{sent}\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\",\"timestamp\":\"2026-03-01T{timestamp}\"}}"), null, Now));

        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(Now).Date.AddMinutes(minutes), DateTimeOffset.FromUnixTimeMilliseconds(item.Event!.Ts!.Value).UtcDateTime);
    }

    [Fact]
    public void A_skew_of_more_than_a_day_is_no_skew()
    {
        Assert.Equal(0, ClockSkew.Of(Json("\"2026-02-20T12:00:00Z\""), Now));
        Assert.Equal(-1000, ClockSkew.Of(Json("\"2026-03-01T12:00:01Z\""), Now));
    }

    [Theory]
    [InlineData("""{"type":"page","name":"Home","category":"Docs","userId":"u"}""", "$page", """{"name":"Home","category":"Docs"}""")]
    [InlineData("""{"type":"screen","name":"Start","anonymousId":"a"}""", "$screen", """{"name":"Start"}""")]
    [InlineData("""{"type":"track","event":"Bought","userId":7,"properties":{"n":1.0}}""", "Bought", """{"n":1.0}""")]
    public void Segments_views_have_one_name_and_keep_theirs_as_a_property(string sent, string name, string props)
    {
        var e = Assert.Single(SegmentEvents.Read(Json(sent), null, Now)).Event!;

        Assert.Equal((name, props), (e.Name, JsonSerializer.Serialize(e.Props)));
    }

    [Fact]
    public void The_context_of_a_batch_fills_that_of_its_events()
    {
        var e = Assert.Single(SegmentEvents.Read(
            Json("""{"context":{"ip":"1.1.1.1","locale":"de"},"batch":[{"type":"track","event":"a","userId":"u","context":{"locale":"en"}}]}"""), null, Now)).Event!;

        Assert.Equal("""{"ip":"1.1.1.1","locale":"en"}""", JsonSerializer.Serialize(e.Context));
    }

    [Theory]
    [InlineData("""{"distinct_id":"$device:d"}""", null, "d")]
    [InlineData("""{"distinct_id":"$device:d","$device_id":"d"}""", null, "d")]
    [InlineData("""{"distinct_id":"d","$device_id":"d"}""", null, "d")]
    [InlineData("""{"distinct_id":"u","$device_id":"d"}""", "u", "d")]
    [InlineData("""{"distinct_id":"x","$user_id":"u","$device_id":"d"}""", "u", "d")]
    [InlineData("""{"distinct_id":42}""", "42", null)]
    [InlineData("""{"distinct_id":""}""", null, null)]
    [InlineData("{}", null, null)]
    public void Mixpanels_distinct_id_is_a_users_or_a_devices(string properties, string? user, string? device)
    {
        var e = MixpanelEvents.Read(Json($"{{\"event\":\"a\",\"properties\":{properties}}}"), 0, false, Now).Event!;

        Assert.Equal((user, device), (e.UserId, e.AnonymousId));
    }

    [Theory]
    [InlineData("1772366400", 1772366400000)]
    [InlineData("1772366400.383", 1772366400383)]
    [InlineData("1772366400383", 1772366400383)]
    [InlineData("\"1772366400\"", 1772366400000)]
    [InlineData("\"2026-03-01T12:00:00Z\"", 1772366400000)]
    [InlineData("\"2026-03-01T14:00:00.5+02:00\"", 1772366400500)]
    [InlineData("\"2026-03-01\"", 1772323200000)]
    public void Mixpanels_times_are_seconds_or_milliseconds_by_their_size(string time, long expected)
    {
        Assert.Equal(expected, MixpanelEvents.Read(Json($"{{\"event\":\"a\",\"properties\":{{\"time\":{time}}}}}"), 0, false, Now).Event!.Ts);
    }

    [Fact]
    public void Mixpanels_insert_id_is_a_key_only_with_event_person_and_day()
    {
        string? Key(string name, string id, long time) => MixpanelEvents.Read(
            Json($"{{\"event\":\"{name}\",\"properties\":{{\"distinct_id\":\"{id}\",\"$insert_id\":\"i\",\"time\":{time}}}}}"), 0, false, Now).Event!.IdempotencyKey;

        Assert.Equal("mp:a:u:i:2026-03-01", Key("a", "u", 1772366400));
        Assert.Equal(Key("a", "u", 1772366400), Key("a", "u", 1772366401));
        Assert.Equal(4, new[] { Key("a", "u", 1772366400), Key("b", "u", 1772366400), Key("a", "v", 1772366400), Key("a", "u", 1772466400) }.Distinct().Count());
        Assert.InRange(Key(new string('a', 190), "u", 1772366400)!.Length, 1, 200);
    }

    [Theory]
    // The browser names the user before, whom a shared device does not make the same person: the device is what links.
    [InlineData("""{"event":"$identify","properties":{"distinct_id":"new","$user_id":"new","$device_id":"d","$anon_distinct_id":"old"}}""", "new", "d", null)]
    [InlineData("""{"event":"$identify","properties":{"distinct_id":"new","$anon_distinct_id":"$device:d"}}""", "new", "d", null)]
    [InlineData("""{"event":"$create_alias","properties":{"distinct_id":"u","alias":"v"}}""", "u", null, "v")]
    [InlineData("""{"event":"$create_alias","properties":{"distinct_id":"$device:d","alias":"v"}}""", "d", null, "v")]
    [InlineData("""{"event":"$merge","properties":{"$distinct_ids":["u","v"]}}""", "u", null, "v")]
    public void Mixpanels_special_events_link_and_join(string sent, string user, string? anonymous, string? other)
    {
        var e = MixpanelEvents.Read(Json(sent), 0, false, Now).Event!;

        Assert.Equal((user, anonymous, other), (e.UserId, e.AnonymousId, e.OtherId));
    }

    [Theory]
    [InlineData("""{"event":"a","distinct_id":"u"}""", "u", null)]
    [InlineData("""{"event":"a","properties":{"distinct_id":"d","$device_id":"d"}}""", null, "d")]
    [InlineData("""{"event":"a","properties":{"distinct_id":"u","$device_id":"d"}}""", "u", "d")]
    [InlineData("""{"event":"$identify","properties":{"distinct_id":"u","$user_id":"u","$device_id":"d","$anon_distinct_id":"e"}}""", "u", "e")]
    [InlineData("""{"event":"a","properties":{"distinct_id":"$posthog_cookieless","$device_id":"$posthog_cookieless"}}""", null, null)]
    [InlineData("""{"event":"$groupidentify","distinct_id":"$company_acme","properties":{"$group_type":"company","$group_key":"acme"}}""", null, null)]
    public void PostHogs_distinct_id_is_a_users_or_a_devices_or_nobodys(string sent, string? user, string? anonymous)
    {
        var e = PostHogEvents.Read(Json(sent), 0, new PostHogEnvelope(Now, 0, false)).Event!;

        Assert.Equal((user, anonymous), (e.UserId, e.AnonymousId));
    }

    [Theory]
    [InlineData("""{"event":"a","distinct_id":"u","timestamp":"2026-03-01T11:00:00Z"}""", true, 60_000, -59)]
    [InlineData("""{"event":"a","distinct_id":"u","timestamp":"2026-03-01T11:00:00Z","properties":{"$ignore_sent_at":true}}""", true, 60_000, -60)]
    [InlineData("""{"event":"a","distinct_id":"u","offset":120000}""", false, 0, -2)]
    public void PostHogs_times_are_put_right_by_when_it_sent_or_by_how_long_ago_it_was(string sent, bool isSent, long skew, int minutes)
    {
        var e = PostHogEvents.Read(Json(sent), 0, new PostHogEnvelope(Now, skew, isSent)).Event!;

        Assert.Equal(Now + minutes * 60_000L, e.Ts);
    }

    [Fact]
    public void PostHogs_traits_are_taken_from_both_places_unless_the_event_wants_no_profile()
    {
        var e = PostHogEvents.Read(Json(
            """{"event":"$set","distinct_id":"u","$set":{"a":2},"properties":{"$set":{"a":1,"b":1},"$set_once":{"c":null}}}"""), 0, default).Event!;
        var none = PostHogEvents.Read(Json(
            """{"event":"$set","distinct_id":"u","properties":{"$set":{"a":1},"$process_person_profile":false}}"""), 0, default).Event!;

        Assert.Equal(EventType.Profile, e.Type);
        Assert.Equal("""{"set":{"a":2,"b":1}}""", JsonSerializer.Serialize(e.Update.Person));
        Assert.True(none.Update.IsEmpty);
    }

    [Theory]
    [InlineData("""{"distinct_id":"u"}""", DropReason.InvalidName)]
    [InlineData("""{"event":"a"}""", DropReason.MissingId)]
    [InlineData("7", DropReason.InvalidEvent)]
    [InlineData("""{"event":"a","distinct_id":"u","timestamp":{}}""", DropReason.InvalidTs)]
    public void What_is_no_event_is_named(string sent, DropReason reason)
    {
        Assert.Equal(reason, PostHogEvents.Read(Json(sent), 0, default).Reason);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
