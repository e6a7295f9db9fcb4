using System.Buffers.Text;
using System.Security.Cryptography;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>The examples of RFC 7515, appendix A: a signature that another implementation made, and the key to it.</summary>
public class RfcExampleTests
{
    private const string Payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string A1 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + Payload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    private const string A2 = "eyJhbGciOiJSUzI1NiJ9." + Payload
        + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
        + "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x"
        + "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypG"
        + "lUPQGe77Rw";

    private const string A3 = "eyJhbGciOiJFUzI1NiJ9." + Payload
        + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private static readonly JwtKey A1Key = new HmacKey(Bytes(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"));

    private static readonly JwtKey A2Key = new RsaKey(new RSAParameters
    {
        Modulus = Bytes(
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
            + "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
            + "R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD"
            + "TW9gb54h4FRWyuXpoQ"),
        Exponent = Bytes("AQAB"),
    });

    private static readonly JwtKey A3Key = new EllipticKey(new ECPoint
    {
        X = Bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        Y = Bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    });

    [Theory]
    [InlineData("A.1")]
    [InlineData("A.2")]
    [InlineData("A.3")]
    public void The_examples_of_the_standard_verify(string example)
    {
        var (token, key) = Example(example);

        var jws = Jws.TryParse(token);

        Assert.NotNull(jws);
        Assert.Equal("joe", jws.Payload.Text("iss"));
        Assert.Equal(key.Algorithm, jws.Algorithm);
        Assert.True(key.Verify(jws.SigningInput, jws.Signature));
    }

    [Theory]
    [InlineData("A.1")]
    [InlineData("A.2")]
    [InlineData("A.3")]
    public void One_changed_bit_anywhere_in_signature_or_content_does_not_verify(string example)
    {
        var (token, key) = Example(example);
        var jws = Jws.TryParse(token)!;

        for (var i = 0; i < jws.Signature.Length; i++)
            Assert.False(key.Verify(jws.SigningInput, Flip(jws.Signature, i)));
        for (var i = 0; i < jws.SigningInput.Length; i += 7)
            Assert.False(key.Verify(Flip(jws.SigningInput, i), jws.Signature));
        Assert.False(key.Verify(jws.SigningInput, jws.Signature.AsSpan(0, jws.Signature.Length - 1)));
        Assert.False(key.Verify(jws.SigningInput, [.. jws.Signature, 0]));
        Assert.False(key.Verify(jws.SigningInput, new byte[jws.Signature.Length]));
    }

    [Fact]
    public void Keys_that_are_too_weak_are_refused()
    {
        using var small = RSA.Create(1024);

        Assert.Throws<ArgumentException>(() => new HmacKey(new byte[31]));
        Assert.Throws<ArgumentException>(() => new RsaKey(small.ExportParameters(false)));
        Assert.Throws<ArgumentException>(() => new EllipticKey(new ECPoint { X = new byte[32], Y = new byte[32] }));
        Assert.Throws<ArgumentException>(() => new EllipticKey(new ECPoint { X = new byte[48], Y = new byte[48] }));
    }

    private static (string Token, JwtKey Key) Example(string name) => name switch
    {
        "A.1" => (A1, A1Key),
        "A.2" => (A2, A2Key),
        _ => (A3, A3Key),
    };

    private static byte[] Flip(byte[] bytes, int at)
    {
        var copy = bytes.ToArray();
        copy[at] ^= 1;
        return copy;
    }

    private static byte[] Bytes(string base64Url) => Base64Url.DecodeFromChars(base64Url);
}
