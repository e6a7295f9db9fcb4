using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.People;

/// <summary>
/// The keyed hash under which an erased id is remembered: without the master key nobody can try ids against it, and with it only
/// ids that one has already.
/// </summary>
internal sealed class ErasedIdHash(MasterKey masterKey)
{
    private readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);

    /// <summary>The master key that new hashes are made with.</summary>
    public string CurrentKey => masterKey.CurrentId;

    /// <summary>128 bits of HMAC-SHA256 over the project's 16 bytes, big-endian, and the id's UTF-8.</summary>
    /// <exception cref="CryptographicException">This installation has no such master key.</exception>
    public Guid Of(string masterKeyId, Guid projectId, string rawId)
    {
        var key = _keys.GetOrAdd(masterKeyId, id => masterKey.Derive(id, "nimbus/erased-ids/v1"u8));
        var text = new byte[16 + Encoding.UTF8.GetByteCount(rawId)];
        projectId.TryWriteBytes(text, bigEndian: true, out _);
        Encoding.UTF8.GetBytes(rawId, text.AsSpan(16));
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, text, hash);
        return new Guid(hash[..16], bigEndian: true);
    }
}
