namespace Nimbus.ServiceDefaults;

/// <summary>A key that verifies signatures, by one algorithm only: the token does not choose how its signature is checked.</summary>
/// <param name="algorithm">The <c>alg</c> of RFC 7518 that this key is for.</param>
/// <param name="keyId">The key's name at its issuer, or null.</param>
internal abstract class JwtKey(string algorithm, string? keyId)
{
    public string Algorithm { get; } = algorithm;

    public string? KeyId { get; } = keyId;

    public abstract bool Verify(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature);
}
