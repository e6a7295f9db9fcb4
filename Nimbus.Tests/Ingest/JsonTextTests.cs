using System.Text;
using Nimbus.IngestService.Pipeline;

namespace Nimbus.Tests.Ingest;

public class JsonTextTests
{
    private static string Storable(params byte[] json) => Encoding.UTF8.GetString(JsonText.MakeStorable(json).Span);

    [Theory]
    [InlineData("""{"a":"x"}""", """{"a":"x"}""")]
    [InlineData("""["\u0000"]""", """["\ufffd"]""")]
    [InlineData("""["\ud83d"]""", """["\ufffd"]""")]
    [InlineData("""["\uDE00"]""", """["\ufffd"]""")]
    // Low before high is two lone halves; high, high, low is one lone half and a pair.
    [InlineData("""["\ude00\ud83d"]""", """["\ufffd\ufffd"]""")]
    [InlineData("""["\ud83d\uD83D\uDE00"]""", """["\ufffd\uD83D\uDE00"]""")]
    [InlineData("""["\ud83dx\ude00"]""", """["\ufffdx\ufffd"]""")]
    // An escaped backslash begins no escape.
    [InlineData("""["\\u0000"]""", """["\\u0000"]""")]
    [InlineData("""["\\\u0000"]""", """["\\\ufffd"]""")]
    [InlineData("""["\ud83d\\ude00"]""", """["\ufffd\\ude00"]""")]
    [InlineData("""["\n\t\u00e9\""]""", """["\n\t\u00e9\""]""")]
    [InlineData("""{"\u0000":1}""", """{"\ufffd":1}""")]
    [InlineData("""["\u00""", """["\u00""")]
    [InlineData("""["\""", """["\""")]
    public void Escapes_that_cannot_be_stored_become_the_replacement_character(string json, string expected) =>
        Assert.Equal(expected, Storable(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Bytes_that_are_not_utf8_become_the_replacement_character() =>
        Assert.Equal("[\"\uFFFDa\"]", Storable([(byte)'[', (byte)'"', 0xFF, (byte)'a', (byte)'"', (byte)']']));

    [Fact]
    public void A_byte_order_mark_is_left_out() => Assert.Equal("{}", Storable([0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}']));
}
