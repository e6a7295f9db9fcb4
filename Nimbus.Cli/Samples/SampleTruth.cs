using System.Text.Json;
using System.Text.Json.Serialization;
using Nimbus.Cli.Import;
using Nimbus.Client;

namespace Nimbus.Cli.Samples;

/// <summary>
/// What a correct system must answer about a file, counted from the file itself with sets and sums and none of the
/// code that will be tested against it. Days are UTC; users are distinct non-empty <c>user_id</c>s.
/// </summary>
internal sealed record SampleTruth(
    string File,
    long Events,
    long Users,
    long EventsOfNobody,
    DateTime? First,
    DateTime? Last,
    decimal OrderAmount,
    IReadOnlyList<TypeTruth> EventTypes,
    IReadOnlyList<DayTruth> Days)
{
    /// <summary>Reads the whole file. A bad row in it is an error: samples have none.</summary>
    public static SampleTruth Of(string path)
    {
        using var source = SourceFile.Open(path);
        using var rows = new CsvRowReader(source.Text);
        var users = new HashSet<string>();
        var types = new SortedDictionary<string, Tally>(StringComparer.Ordinal);
        var days = new SortedDictionary<DateOnly, Tally>();
        var (events, nobodys, orderAmount) = (0L, 0L, 0m);
        var (first, last) = (default(DateTime?), default(DateTime?));
        while (rows.Read() is { } row)
        {
            var @event = row.Event ?? throw new CliException($"{path}, line {row.Line}: {row.Fault}.");
            var at = @event.Timestamp!.Value.UtcDateTime;
            events++;
            first = first < at ? first : at;
            last = last > at ? last : at;
            Count(types, @event.Name, @event.UserId);
            Count(days, DateOnly.FromDateTime(at), @event.UserId);
            if (@event.UserId is null)
                nobodys++;
            else
                users.Add(@event.UserId);
            if (@event.Name == "order_placed")
                orderAmount += Amount(@event);
        }
        return new SampleTruth(
            Path.GetFileName(path), events, users.Count, nobodys, first, last, orderAmount,
            [.. types.Select(type => new TypeTruth(type.Key, type.Value.Events, type.Value.Users.Count))],
            [.. days.Select(day => new DayTruth(day.Key, day.Value.Events, day.Value.Users.Count))]);
    }

    /// <summary>Beside the sample: <c>shop.truth.json</c> for <c>shop.csv.gz</c>.</summary>
    public static string PathFor(string sample)
    {
        var unzipped = sample.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? sample[..^3] : sample;
        return Path.ChangeExtension(unzipped, ".truth.json");
    }

    public string ToJson() => JsonSerializer.Serialize(this, TruthJson.Default.SampleTruth) + "\n";

    private static void Count<TKey>(SortedDictionary<TKey, Tally> tallies, TKey key, string? user)
        where TKey : notnull
    {
        if (!tallies.TryGetValue(key, out var tally))
            tallies[key] = tally = new Tally();
        tally.Events++;
        if (user is not null)
            tally.Users.Add(user);
    }

    private static decimal Amount(NimbusEvent order)
    {
        using var properties = JsonDocument.Parse(order.PropertiesJson!);
        return properties.RootElement.TryGetProperty("amount", out var amount) ? amount.GetDecimal() : 0;
    }

    private sealed class Tally
    {
        public long Events { get; set; }

        public HashSet<string> Users { get; } = [];
    }
}

/// <summary>Events of one name, and the distinct users of them.</summary>
internal sealed record TypeTruth(string Name, long Events, long Users);

/// <summary>Events of one UTC day, and the distinct users of them.</summary>
internal sealed record DayTruth(DateOnly Date, long Events, long Users);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(SampleTruth))]
internal sealed partial class TruthJson : JsonSerializerContext;
