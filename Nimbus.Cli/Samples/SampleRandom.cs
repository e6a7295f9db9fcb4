namespace Nimbus.Cli.Samples;

/// <summary>
/// SplitMix64: the same numbers from the same seed on every machine and every .NET, which <see cref="Random"/> does not
/// promise. Whole numbers only, since the last digit of a logarithm may differ from one processor to the next.
/// </summary>
internal sealed class SampleRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>0 to <paramref name="limit"/> − 1, each as likely.</summary>
    public int Below(int limit) => (int)Math.BigMul(Next(), (ulong)limit, out _);

    /// <summary><paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>True in so many cases of a hundred.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>An index, each as likely as its weight is large.</summary>
    public int Weighted(IReadOnlyList<int> weights)
    {
        var at = Below(weights.Sum());
        for (var i = 0; ; i++)
        {
            at -= weights[i];
            if (at < 0)
                return i;
        }
    }
}
