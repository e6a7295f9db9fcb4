using System.Security.Cryptography;
using System.Text;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>
/// Seals the secrets that HMAC needs in clear: AES-256-GCM, written as nonce (12 bytes), ciphertext, tag (16 bytes). The id of
/// the key and of the master key are authenticated with it, so a row's secret cannot be moved into another row.
/// </summary>
public sealed class SecretBox(MasterKey masterKey)
{
    /// <summary>The name of the master key that <see cref="Seal"/> uses.</summary>
    public string CurrentMasterKeyId => masterKey.CurrentId;

    private static ReadOnlySpan<byte> Purpose => "nimbus/api-key-secrets/v1"u8;

    private static readonly int NonceBytes = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagBytes = AesGcm.TagByteSizes.MaxSize;

    /// <summary>The secret of key <paramref name="keyId"/>, sealed under <see cref="MasterKey.CurrentId"/>.</summary>
    public byte[] Seal(string keyId, string secret)
    {
        var clear = Encoding.UTF8.GetBytes(secret);
        var box = new byte[NonceBytes + clear.Length + TagBytes];
        // Random nonces are safe up to 2^32 secrets under one master key.
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(masterKey.Derive(masterKey.CurrentId, Purpose), TagBytes);
        aes.Encrypt(
            box.AsSpan(0, NonceBytes), clear, box.AsSpan(NonceBytes, clear.Length), box.AsSpan(^TagBytes..),
            Context(masterKey.CurrentId, keyId));
        CryptographicOperations.ZeroMemory(clear);
        return box;
    }

    /// <exception cref="CryptographicException">Changed, of another key, or sealed under another master key.</exception>
    public string Open(string masterKeyId, string keyId, ReadOnlySpan<byte> box)
    {
        if (box.Length < NonceBytes + TagBytes)
            throw new CryptographicException($"The sealed secret of {keyId} is cut short.");
        var clear = new byte[box.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(masterKey.Derive(masterKeyId, Purpose), TagBytes);
        aes.Decrypt(box[..NonceBytes], box[NonceBytes..^TagBytes], box[^TagBytes..], clear, Context(masterKeyId, keyId));
        return Encoding.UTF8.GetString(clear);
    }

    private static byte[] Context(string masterKeyId, string keyId) => Encoding.UTF8.GetBytes($"{masterKeyId}:{keyId}");
}
