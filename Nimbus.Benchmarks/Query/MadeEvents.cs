using System.Globalization;
using System.Text;

namespace Nimbus.Benchmarks.Query;

/// <summary>The events of a data set, one after the other, in order of time.</summary>
internal sealed class MadeEvents(DataSet data)
{
    private readonly Random _random = new(20260701);
    private readonly byte[] _props = new byte[512];
    private int _propBytes;

    /// <summary>Of the event, from 0.</summary>
    public long Index { get; private set; } = -1;

    public long TimeMs { get; private set; }

    /// <summary>From 0.</summary>
    public int Person { get; private set; }

    /// <summary>An index into <see cref="DataSet.Names"/>.</summary>
    public int Name { get; private set; }

    /// <summary>A JSON object.</summary>
    public ReadOnlySpan<byte> Props => _props.AsSpan(0, _propBytes);

    public bool Next()
    {
        if (++Index >= data.Events) return false;
        // Evenly over the days, but each moment anywhere in its share of them.
        TimeMs = DataSet.FromMs + (long)((Index + _random.NextDouble()) * DataSet.Days * 86_400_000 / data.Events);
        if (data.WholeMinutes) TimeMs -= TimeMs % 60_000;
        // A few people do most, and nearly everybody something.
        Person = (int)(data.People * Math.Pow(_random.NextDouble(), 2.5));
        Name = (int)(DataSet.Names.Length * Math.Pow(_random.NextDouble(), 1.5));
        Encoding.UTF8.TryGetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""{"plan":"plan-{{Skewed(4)}}","os":"os-{{Skewed(8)}}","browser":"browser-{{Skewed(16)}}","country":"country-{{Skewed(50)}}","city":"city-{{Skewed(250)}}","campaign":"campaign-{{Skewed(5000)}}","page":"page-{{_random.Next(100_000)}}","price":{{_random.Next(1, 20_000) / 100m}}}"""),
            _props, out _propBytes);
        return true;
    }

    private int Skewed(int values) => (int)(values * Math.Pow(_random.NextDouble(), 2));
}
