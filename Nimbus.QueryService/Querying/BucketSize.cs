namespace Nimbus.QueryService.Querying;

/// <summary>The lengths a bucket can have. Up to an hour they are elapsed time, from a day on calendar units.</summary>
public enum BucketSize { Minute, FiveMinutes, FifteenMinutes, Hour, Day, Week, Month }

/// <summary>The names of bucket sizes in requests and answers.</summary>
public static class BucketSizes
{
    private static readonly (string Name, BucketSize Size)[] Names =
    [
        ("1m", BucketSize.Minute), ("5m", BucketSize.FiveMinutes), ("15m", BucketSize.FifteenMinutes),
        ("1h", BucketSize.Hour), ("1d", BucketSize.Day), ("1w", BucketSize.Week), ("1mo", BucketSize.Month),
    ];

    /// <summary>Every name, shortest bucket first, for error messages.</summary>
    public static string All { get; } = string.Join(", ", Names.Select(n => n.Name));

    public static string Name(this BucketSize size) => Names.First(n => n.Size == size).Name;

    public static bool TryParse(string name, out BucketSize size)
    {
        var found = Array.FindIndex(Names, n => n.Name == name);
        size = found < 0 ? default : Names[found].Size;
        return found >= 0;
    }
}
