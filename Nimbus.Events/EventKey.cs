using System.Security.Cryptography;
using System.Text;

namespace Nimbus.Events;

/// <summary>The 128 bits under which an idempotency key of a project is remembered.</summary>
public static class EventKey
{
    /// <summary>The first 128 bits of SHA-256 over the project's 16 bytes, big-endian, and the key's UTF-8.</summary>
    /// <remarks>
    /// A cryptographic hash, since who can choose keys could otherwise choose two that collide and lose an event by it.
    /// </remarks>
    public static Guid Of(Guid projectId, string idempotencyKey)
    {
        Span<byte> text = stackalloc byte[16 + 1024];
        var length = 16 + Encoding.UTF8.GetByteCount(idempotencyKey);
        if (length > text.Length)
            text = new byte[length];
        projectId.TryWriteBytes(text, bigEndian: true, out _);
        Encoding.UTF8.GetBytes(idempotencyKey, text[16..]);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        return new Guid(hash[..16], bigEndian: true);
    }
}
