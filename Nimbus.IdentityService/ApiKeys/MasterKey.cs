using System.Security.Cryptography;
using System.Text;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>
/// The key that seals secrets in the database, derived from the setting <c>Nimbus:MasterKey</c>. A sealed secret names the
/// version that sealed it, so that a later version can be brought in and secrets sealed anew.
/// </summary>
public sealed class MasterKey
{
    public const string Setting = "Nimbus:MasterKey";
    public const int MinBytes = 32;
    public const string CurrentId = "v1";

    private readonly byte[] sealing;

    /// <param name="text">At least <see cref="MinBytes"/> bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    public MasterKey(string text)
    {
        var material = Encoding.UTF8.GetBytes(text);
        if (material.Length < MinBytes)
            throw new ArgumentException($"A master key has at least {MinBytes} bytes.", nameof(text));
        // One purpose, one derived key: the info string keeps later uses of the master key apart from this one.
        sealing = HKDF.DeriveKey(
            HashAlgorithmName.SHA256, material, outputLength: 32, info: "nimbus/api-key-secrets/v1"u8.ToArray());
    }

    /// <summary>What is wrong with the setting, as one line for the operator; null when it will do.</summary>
    public static string? Wrong(string? text) =>
        text is null || Encoding.UTF8.GetByteCount(text) < MinBytes
            ? $"{Setting} is {(string.IsNullOrEmpty(text) ? "missing" : "too short")}: set Nimbus__MasterKey to at least "
                + $"{MinBytes} random characters (openssl rand -base64 48) and keep them: they open the stored secrets."
            : null;

    /// <summary>The AES-256 key of version <paramref name="masterKeyId"/>.</summary>
    /// <exception cref="CryptographicException">This installation has no such version.</exception>
    internal ReadOnlySpan<byte> SealingKey(string masterKeyId) =>
        masterKeyId == CurrentId
            ? sealing
            : throw new CryptographicException($"There is no master key {masterKeyId} here.");
}
