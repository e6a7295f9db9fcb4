namespace Nimbus.QueryService.Engine;

/// <summary>
/// Where the columns of a block come from. Each method returns its own memory, or what it decoded into
/// <paramref name="scratch"/>, which it makes or grows.
/// </summary>
internal abstract class BlockSource
{
    public abstract int Count { get; }

    public abstract long FirstMs { get; }

    public abstract long LastMs { get; }

    /// <summary>0 unless sealed; see <see cref="EventBlock.SealedVersion"/>.</summary>
    public virtual long SealedVersion => 0;

    public abstract ReadOnlySpan<long> Times(ref long[]? scratch);

    public abstract ReadOnlySpan<int> Names(ref int[]? scratch);

    public abstract ReadOnlySpan<int> Persons(ref int[]? scratch);

    public abstract ReadOnlySpan<byte> Flags(ref byte[]? scratch);

    /// <summary>Empty where no event has one.</summary>
    public abstract ReadOnlySpan<long> Seqs(ref long[]? scratch);

    public abstract ReadOnlySpan<int> Codes(PropertyColumn column, ref int[]? scratch);

    protected static Span<T> Room<T>(ref T[]? scratch, int count)
    {
        if (scratch is null || scratch.Length < count)
            scratch = new T[count];
        return scratch.AsSpan(0, count);
    }
}
