using System.Security.Cryptography;

namespace Nimbus.ServiceDefaults;

/// <summary>ES256: ECDSA with SHA-256 on P-256; the signature is r and s, 32 bytes each.</summary>
internal sealed class EllipticKey : JwtKey
{
    private const int CoordinateBytes = 32;

    private readonly ECParameters parameters;

    /// <exception cref="ArgumentException">The key is not a point of P-256.</exception>
    public EllipticKey(ECPoint publicKey, string? keyId = null) : base("ES256", keyId)
    {
        if (publicKey is not { X.Length: CoordinateBytes, Y.Length: CoordinateBytes })
            throw new ArgumentException("A P-256 key has two coordinates of 32 bytes.", nameof(publicKey));
        parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = publicKey };
        try
        {
            using var _ = ECDsa.Create(parameters);
        }
        catch (CryptographicException offCurve)
        {
            throw new ArgumentException("The key is not a point of P-256.", nameof(publicKey), offCurve);
        }
    }

    public override bool Verify(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != 2 * CoordinateBytes)
            return false;
        // An ECDsa object per call: one is not promised to serve several threads.
        using var ecdsa = ECDsa.Create(parameters);
        return ecdsa.VerifyData(input, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
