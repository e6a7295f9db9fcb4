namespace Nimbus.IngestService.People;

/// <summary>UTC days, those that follow one another as one range.</summary>
internal static class DayRanges
{
    /// <summary>Each from its first day's first to its last day's last millisecond, as the outbox has it.</summary>
    public static List<(DateTime First, DateTime Last)> Of(IEnumerable<DateOnly> days)
    {
        var ranges = new List<(DateOnly First, DateOnly Last)>();
        foreach (var day in days.Distinct().Order())
        {
            if (ranges.Count > 0 && ranges[^1].Last.AddDays(1) == day)
                ranges[^1] = (ranges[^1].First, day);
            else
                ranges.Add((day, day));
        }
        return [.. ranges.Select(range => (StartOf(range.First), StartOf(range.Last.AddDays(1)).AddMilliseconds(-1)))];
    }

    private static DateTime StartOf(DateOnly day) => day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
}
