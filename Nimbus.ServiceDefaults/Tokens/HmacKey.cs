using System.Security.Cryptography;

namespace Nimbus.ServiceDefaults;

/// <summary>HS256: HMAC with SHA-256 under a shared secret of at least 32 bytes.</summary>
internal sealed class HmacKey : JwtKey
{
    private readonly byte[] secret;

    public HmacKey(byte[] secret, string? keyId = null) : base("HS256", keyId)
    {
        if (secret.Length < JwtOptions.MinSecretBytes)
            throw new ArgumentException($"The secret is shorter than {JwtOptions.MinSecretBytes} bytes.", nameof(secret));
        this.secret = secret;
    }

    public byte[] Sign(ReadOnlySpan<byte> input) => HMACSHA256.HashData(secret, input);

    public override bool Verify(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature) =>
        CryptographicOperations.FixedTimeEquals(Sign(input), signature);
}
