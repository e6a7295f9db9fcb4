using Nimbus.QueryService.Measures;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Stats;

/// <summary>Counts the people active on each day (docs/metrics.md#daily-active-users).</summary>
public static class DailyUsersReader
{
    /// <param name="days">Buckets of a day in the calendar's zone.</param>
    public static DailyUsersResult Run(LocalCalendar calendar, BucketedRange days, QueryRun run)
    {
        var question = new MeasureQuestion([new(new(), new Measure(MeasureKind.Users))], ScanKey: $"dau {calendar.Zone.Id}");
        var users = new MeasureReader(question, run).Lines(0, days, ShownGroups.None)[0].Values;
        return new([.. days.Starts.Select((start, i) =>
            new DailyUsers(calendar.DayOf(start).ToDateOnly(), (long)MeasureCells.Number(users[i])!))]);
    }
}
