using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nimbus.IngestService;
using Nimbus.IngestService.Capture;
using Nimbus.IngestService.Compatibility;

namespace Nimbus.Tests.Sdk;

public sealed class SdkBodyTests
{
    private const int Limit = 1 << 20;

    public static TheoryData<string> Recordings() => [.. Recording.Files()];

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Every_recorded_request_decodes_to_what_its_SDK_meant(string file)
    {
        var recordings = Recording.Of(file).Where(recording => recording.Decoded is not null).ToList();
        Assert.NotEmpty(recordings);
        foreach (var recording in recordings)
        {
            var value = Assert.Single(await SdkBody.ReadAsync(recording.ToRequest(), new IngestOptions(), default));
            Assert.True(
                JsonNode.DeepEquals(JsonNode.Parse(recording.Decoded!.Value.GetRawText()), JsonNode.Parse(value.GetRawText())),
                $"{file}:{recording.Line} decodes to {value.GetRawText()}");
        }
    }

    [Theory]
    [InlineData("""{"a":1}""")]
    [InlineData("""  {"a":1}  """)]
    [InlineData("eyJhIjoxfQ==")]
    [InlineData("eyJhIjoxfQ")]
    [InlineData("data=eyJhIjoxfQ==")]
    [InlineData("data=eyJhIjoxfQ%3D%3D")]
    [InlineData("verbose=1&data=%7B%22a%22%3A1%7D&ip=1")]
    public void The_bytes_decide_what_they_are(string body)
    {
        Assert.Equal("""{"a":1}""", Decode(Encoding.UTF8.GetBytes(body)).Trim());
    }

    [Fact]
    public void Gzip_is_known_by_its_first_bytes_also_within_base64()
    {
        var packed = Gzip("""{"a":1}""");

        Assert.Equal("""{"a":1}""", Decode(packed));
        Assert.Equal("""{"a":1}""", Decode(Encoding.ASCII.GetBytes("data=" + Uri.EscapeDataString(Convert.ToBase64String(packed)))));
    }

    [Fact]
    public void A_plus_that_a_form_would_take_for_a_space_is_still_base64()
    {
        // "~~~>>>" is base64 with a plus in it, as is the text around it.
        var json = """{"a":"~~~>>>~~~>>>~~~"}""";
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
        Assert.Contains('+', base64);

        Assert.Equal(json, Decode(Encoding.ASCII.GetBytes("data=" + base64)));
        Assert.Equal(json, Decode(Encoding.ASCII.GetBytes("data=" + base64.Replace('+', ' '))));
        Assert.Equal(json, Decode(Encoding.ASCII.GetBytes("data=" + Uri.EscapeDataString(base64))));
    }

    [Fact]
    public void An_emoji_in_two_halves_becomes_one_again_and_a_lone_half_is_replaced()
    {
        byte[] rocket = [0xED, 0xA0, 0xBD, 0xED, 0xBA, 0x80];
        byte[] half = [0xED, 0xA0, 0xBD];
        byte[] json = [.. "{\"a\":\""u8, .. rocket, .. "x"u8, .. half, .. "\"}"u8];

        Assert.Equal("{\"a\":\"🚀x\uFFFD\"}", Decode(Encoding.ASCII.GetBytes(Convert.ToBase64String(json))));
    }

    [Fact]
    public void Half_an_emoji_as_an_escape_and_a_zero_do_not_fail_the_request()
    {
        using var decoded = JsonDocument.Parse(Decode("""{"a":"x\ud83d","b":"\u0000"}"""u8.ToArray()));

        Assert.Equal("x\uFFFD", decoded.RootElement.GetProperty("a").GetString());
        Assert.Equal("\uFFFD", decoded.RootElement.GetProperty("b").GetString());
    }

    [Fact]
    public void Lines_of_JSON_are_one_value_each()
    {
        Assert.Equal(2, SdkBody.Parse(SdkBody.Decode("{\"a\":1}\n{\"a\":2}\n"u8.ToArray(), isField: false, Limit)).Count);
    }

    [Theory]
    [InlineData("nothing of the kind")]
    [InlineData("data=%%%")]
    [InlineData("""{"a":""")]
    public void What_is_no_JSON_in_any_form_is_a_400(string body)
    {
        var refused = Assert.Throws<RefusedException>(() => SdkBody.Parse(SdkBody.Decode(Encoding.UTF8.GetBytes(body), isField: false, Limit)));

        Assert.Equal((StatusCodes.Status400BadRequest, "invalid_json"), (refused.Status, refused.Code));
    }

    [Fact]
    public void A_bomb_is_refused_where_it_passes_the_limit()
    {
        var refused = Assert.Throws<RefusedException>(
            () => SdkBody.Decode(Gzip(new string(' ', Limit + 1)), isField: false, Limit));

        Assert.Equal(StatusCodes.Status413PayloadTooLarge, refused.Status);
    }

    private static string Decode(byte[] body) => Encoding.UTF8.GetString(SdkBody.Decode(body, isField: false, Limit).Span);

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }
}
