using System.Runtime.InteropServices;

namespace Nimbus.QueryService.Engine;

/// <summary>
/// Remembers the number of each text that was looked up, by its bytes, so that reading an event makes no strings. It forgets
/// everything when it gets too large, and never answers wrongly.
/// </summary>
internal sealed class Utf8Codes
{
    private const int MaxEntries = 1 << 19;
    private const int MaxBytes = 32 << 20;

    // Secret, so that nobody can choose texts that collide.
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    private (uint Hash, int Start, int Length, int Code)[] _slots = new (uint, int, int, int)[64];
    private byte[] _bytes = new byte[1024];
    private int _count;
    private int _used;

    public bool TryGet(ReadOnlySpan<byte> text, out int code)
    {
        ref var slot = ref Slot(text, Hash(text));
        code = slot.Code;
        return slot.Hash != 0;
    }

    public void Set(ReadOnlySpan<byte> text, int code)
    {
        if (text.Length > MaxBytes / 16)
            return;
        if (_count == MaxEntries || _used + text.Length > MaxBytes)
        {
            (_slots, _count, _used) = (new (uint, int, int, int)[64], 0, 0);
        }
        if (_count * 2 >= _slots.Length)
            Grow();
        if (_used + text.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + text.Length));
        var hash = Hash(text);
        ref var slot = ref Slot(text, hash);
        if (slot.Hash == 0)
        {
            text.CopyTo(_bytes.AsSpan(_used));
            slot = (hash, _used, text.Length, code);
            _used += text.Length;
            _count++;
        }
        slot.Code = code;
    }

    private ref (uint Hash, int Start, int Length, int Code) Slot(ReadOnlySpan<byte> text, uint hash)
    {
        var mask = _slots.Length - 1;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            ref var slot = ref _slots[at];
            if (slot.Hash == 0 || (slot.Hash == hash && text.SequenceEqual(_bytes.AsSpan(slot.Start, slot.Length))))
                return ref slot;
        }
    }

    private void Grow()
    {
        var slots = new (uint Hash, int Start, int Length, int Code)[_slots.Length * 2];
        var mask = slots.Length - 1;
        foreach (var slot in _slots)
        {
            if (slot.Hash == 0)
                continue;
            var at = (int)slot.Hash & mask;
            while (slots[at].Hash != 0)
                at = (at + 1) & mask;
            slots[at] = slot;
        }
        _slots = slots;
    }

    // Not 0, which is an empty slot's.
    private static uint Hash(ReadOnlySpan<byte> text)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(text);
        var hash = Seed ^ (ulong)text.Length;
        foreach (var word in words)
            hash = Mix(hash ^ word);
        ulong rest = 0;
        foreach (var single in text[(words.Length * sizeof(ulong))..])
            rest = (rest << 8) | single;
        hash = Mix(hash ^ rest);
        return (uint)(hash >> 32) | 1;
    }

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, 0x9E3779B97F4A7C15 ^ Seed, out ulong low);
        return high ^ low;
    }
}
