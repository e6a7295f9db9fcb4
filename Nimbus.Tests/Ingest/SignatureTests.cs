using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Nimbus.IngestService.Capture;

namespace Nimbus.Tests.Ingest;

public class SignatureTests
{
    // printf '1700000000:POST:/v1/events:{"events":[]}' | openssl dgst -sha256 -hmac nbs_secret
    private const string Known = "d87da910bb7c91a8cae18a7beb7489ac01c0878031ec8e08d49f4546fef7492e";

    private static byte[] Compute(string path) => Signature.Compute(
        Encoding.UTF8.GetBytes("nbs_secret"), "1700000000", "POST", path, "{\"events\":[]}"u8);

    [Fact]
    public void The_signature_is_what_openssl_computes() => Assert.Equal(Known, Convert.ToHexStringLower(Compute("/v1/events")));

    [Fact]
    public void Only_the_whole_signature_matches()
    {
        var expected = Compute("/v1/events");
        Assert.True(Signature.Matches(expected, Known));
        Assert.False(Signature.Matches(expected, Known[..^1] + (Known[^1] == '0' ? '1' : '0')));
        Assert.False(Signature.Matches(expected, Known[..^2]));
        Assert.False(Signature.Matches(expected, Known + "00"));
        Assert.False(Signature.Matches(expected, new string('x', 64)));
        Assert.False(Signature.Matches(expected, ""));
        Assert.False(Signature.Matches(Compute("/events"), Known));
    }

    [Theory]
    [InlineData("/v1/events", "/v1/events")]
    [InlineData("/v1/events?a=/b?c", "/v1/events")]
    [InlineData("/v1/%65vents", "/v1/%65vents")]
    [InlineData("http://nimbus.example:8000/events?x", "/events")]
    [InlineData("http://nimbus.example", "/")]
    public void The_path_is_the_one_that_was_sent_without_its_query(string target, string path)
    {
        var http = new DefaultHttpContext();
        http.Features.Get<IHttpRequestFeature>()!.RawTarget = target;
        Assert.Equal(path, Signature.PathAsSent(http));
    }
}
