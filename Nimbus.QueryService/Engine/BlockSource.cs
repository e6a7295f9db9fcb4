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

    public abstract ReadOnlySpan<long> Times(scoped ref long[]? scratch);

    public abstract ReadOnlySpan<int> Names(scoped ref int[]? scratch);

    public abstract ReadOnlySpan<int> Persons(scoped ref int[]? scratch);

    public abstract ReadOnlySpan<byte> Flags(scoped ref byte[]? scratch);

    /// <summary>Empty where no event has one.</summary>
    public abstract ReadOnlySpan<long> Seqs(scoped ref long[]? scratch);

    /// <summary>The ids of the columns of which some event has a value.</summary>
    public abstract IEnumerable<int> Columns { get; }

    /// <summary>Whether some of the block has values of a column that are in no dictionary.</summary>
    public virtual bool IsRaw(int column) => false;

    /// <summary>All 0 where no event has a value.</summary>
    /// <param name="values">The column with this id; blocks in memory do without.</param>
    public abstract ReadOnlySpan<int> Codes(int column, PropertyColumn? values, scoped ref int[]? scratch);

    protected static Span<T> Room<T>(scoped ref T[]? scratch, int count)
    {
        if (scratch is null || scratch.Length < count)
            scratch = new T[count];
        return scratch.AsSpan(0, count);
    }
}
