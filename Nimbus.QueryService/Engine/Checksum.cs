using System.Numerics;
using System.Runtime.InteropServices;

namespace Nimbus.QueryService.Engine;

/// <summary>CRC32C of bytes that come in pieces, with the processor's instruction for it.</summary>
internal struct Checksum
{
    private uint _crc = uint.MaxValue;

    public Checksum()
    {
    }

    public readonly uint Value => ~_crc;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        var crc = _crc;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var single in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, single);
        _crc = crc;
    }
}
