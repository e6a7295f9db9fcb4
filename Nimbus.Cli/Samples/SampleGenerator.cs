using System.Buffers.Binary;

namespace Nimbus.Cli.Samples;

/// <summary>What to generate. The same settings give the same rows, byte for byte.</summary>
/// <param name="Events">Rows in all, exactly.</param>
/// <param name="People">Shoppers there are; the busier ones come more often.</param>
/// <param name="Days">Whole UTC days from <paramref name="Start"/>.</param>
internal sealed record SampleSettings(int Events, int People, int Days, ulong Seed, DateOnly Start);

/// <summary>A row of the import layout. <paramref name="UserId"/> is empty for an event of nobody.</summary>
internal sealed record SampleRow(Guid EventId, DateTimeOffset OccurredAt, string UserId, string EventType, string PropertiesJson);

/// <summary>An invented shop's traffic in order of time: quiet nights, busy evenings, a little more every day.</summary>
internal sealed class SampleGenerator
{
    // How busy each hour is, from midnight UTC; and each day, from Monday.
    private static readonly int[] HourWeights =
        [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 11, 12, 11, 10, 10, 11, 13, 15, 17, 16, 12, 7, 4];
    private static readonly int[] DayWeights = [100, 95, 98, 102, 110, 130, 120];

    // Visits of people whose browser keeps nothing: they count as events and as nobody's, and leave when asked to join.
    private const int NobodyPercent = 4;

    private readonly SampleSettings _settings;
    private readonly SampleRandom _random;
    private readonly Shopper[] _shoppers;
    private readonly PriorityQueue<SampleRow, (DateTimeOffset, int)> _upcoming = new();
    private int _made;

    private SampleGenerator(SampleSettings settings)
    {
        _settings = settings;
        _random = new SampleRandom(settings.Seed);
        _shoppers = [.. Enumerable.Range(0, settings.People).Select(_ => Shopper.New(_random))];
    }

    /// <summary>The rows, in order of time, in the memory of about one day's.</summary>
    public static IEnumerable<SampleRow> Generate(SampleSettings settings) => new SampleGenerator(settings).Rows();

    private IEnumerable<SampleRow> Rows()
    {
        var start = new DateTimeOffset(_settings.Start.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var weights = Enumerable.Range(0, _settings.Days).Select(day => DayWeight(start.AddDays(day), day)).ToArray();
        var (total, until) = (weights.Sum(weight => (long)weight), 0L);
        for (var day = 0; day < _settings.Days; day++)
        {
            until += weights[day];
            var madeByTonight = (int)(_settings.Events * until / total);
            while (_made < madeByTonight)
                Visit(start.AddDays(day), start.AddDays(_settings.Days), madeByTonight);
            while (_upcoming.Count > 0 && _upcoming.Peek().OccurredAt < start.AddDays(day + 1))
                yield return _upcoming.Dequeue();
        }
    }

    private static int DayWeight(DateTimeOffset date, int day) => DayWeights[((int)date.DayOfWeek + 6) % 7] * (100 + day);

    private void Visit(DateTimeOffset date, DateTimeOffset end, int madeAtMost)
    {
        var at = date.AddHours(_random.Weighted(HourWeights)).AddMilliseconds(_random.Below(3_600_000));
        // The smaller of two draws: low numbers are the regulars.
        var number = Math.Min(_random.Below(_shoppers.Length), _random.Below(_shoppers.Length));
        var nobody = _random.Chance(NobodyPercent);
        var (shopper, userId) = nobody ? (Shopper.New(_random), "") : (_shoppers[number], $"shopper-{number + 1:D4}");
        foreach (var step in ShopVisit.Play(shopper, _random))
        {
            if (nobody && step.Name == "signed_up")
                return;
            at += step.After;
            if (_made == madeAtMost || at >= end)
                return;
            var row = new SampleRow(EventId(at), at, userId, step.Name, step.PropertiesJson);
            _upcoming.Enqueue(row, (at, _made++));
        }
    }

    /// <summary>A UUIDv7 of that time, its random part drawn from the seed.</summary>
    private Guid EventId(DateTimeOffset at)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, (ulong)at.ToUnixTimeMilliseconds() << 16 | 0x7000 | (_random.Next() & 0x0FFF));
        BinaryPrimitives.WriteUInt64BigEndian(id[8..], (_random.Next() >> 2) | 1UL << 63);
        return new Guid(id, bigEndian: true);
    }
}
