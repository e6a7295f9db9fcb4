using Nimbus.Client;

namespace Nimbus.Tests.Client;

public sealed class RequestSignatureTests
{
    /// <summary>
    /// The expected value is openssl's:
    /// <c>printf '%s' "1767602809:POST:/v1/events:$BODY" | openssl dgst -sha256 -hmac "$SECRET"</c>.
    /// </summary>
    [Fact]
    public void A_signature_is_what_openssl_computes_over_timestamp_method_path_and_body()
    {
        var signature = RequestSignature.Compute(
            "nbs_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"u8,
            1767602809,
            "POST",
            "/v1/events",
            """{"events":[{"name":"order_placed","ts":"2026-01-05T08:46:49.618Z","props":{"order_number":9007199254740993}}]}"""u8);

        Assert.Equal("5ff6b09036ecb6c12753a27c9291bc01358ebd28772b2d3a8823b2cf7ed92f21", signature);
    }

    [Fact]
    public void Another_body_byte_is_another_signature()
    {
        var one = RequestSignature.Compute("Jefe"u8, 1, "POST", "/v1/events", "a"u8);
        var other = RequestSignature.Compute("Jefe"u8, 1, "POST", "/v1/events", "b"u8);

        Assert.NotEqual(one, other);
    }
}
