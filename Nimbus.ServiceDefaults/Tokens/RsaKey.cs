using System.Security.Cryptography;

namespace Nimbus.ServiceDefaults;

/// <summary>RS256: RSASSA-PKCS1-v1_5 with SHA-256 under a public key of at least 2,048 bits.</summary>
internal sealed class RsaKey : JwtKey
{
    private const int MinBits = 2048;

    // Above it a verification costs more than a request should be able to ask for.
    private const int MaxBits = 8192;

    private readonly RSAParameters parameters;

    /// <exception cref="ArgumentException">The modulus is outside 2,048 to 8,192 bits.</exception>
    public RsaKey(RSAParameters publicKey, string? keyId = null) : base("RS256", keyId)
    {
        parameters = new RSAParameters { Modulus = publicKey.Modulus, Exponent = publicKey.Exponent };
        if (parameters.Modulus is not { Length: >= MinBits / 8 and <= MaxBits / 8 } || parameters.Exponent is not { Length: > 0 and <= 8 })
            throw new ArgumentException($"An RSA key has {MinBits} to {MaxBits} bits and a small exponent.", nameof(publicKey));
    }

    public override bool Verify(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != parameters.Modulus!.Length)
            return false;
        // An RSA object per call: one is not promised to serve several threads.
        using var rsa = RSA.Create(parameters);
        return rsa.VerifyData(input, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }
}
