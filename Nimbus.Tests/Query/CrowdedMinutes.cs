using System.Globalization;
using Nimbus.QueryService.Engine;

namespace Nimbus.Tests.Query;

/// <summary>
/// Hundreds of people in whole minutes of an hour of each of nine days, so that many events of one person are equal in time; and who
/// comes back and stays, found person by person.
/// </summary>
public static class CrowdedMinutes
{
    private const int People = 300;
    private const int Days = 9;
    private static readonly long FirstDay = MemoryQueries.At("2026-03-01T00:00:00Z").ToUnixTimeMilliseconds();

    public static List<MemoryEvent> Make(int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, 6000).Select(_ =>
            {
                // Half of the people are there on the first days alone, or come late.
                var person = random.Next(People);
                var day = person % 4 == 0 ? random.Next(3) : person % 4 == 1 ? random.Next(5, Days) : random.Next(Days);
                return new MemoryEvent(
                    FirstDay + (day * 86_400_000L) + (random.Next(60) * 60_000L), random.Next(4) switch { 0 => "a", 1 => "b", _ => "c" },
                    string.Create(CultureInfo.InvariantCulture, $"user-{person}"),
                    Props: new Dictionary<string, string> { ["plan"] = $"\"plan-{random.Next(30)}\"" });
            }),
        ];
    }

    /// <summary>Retention of "a" and "b" from 3 March on, each cohort as its size and who came back.</summary>
    public static IEnumerable<string> Cohorts(List<MemoryEvent> events, bool recurring, bool onOrAfter, int days, int depth)
    {
        var people = events.GroupBy(e => e.UserId).Select(own => own.Select((e, i) => (e.TimeMs, e.Name, Day: DayOf(e.TimeMs) - 2, Id: i)).ToList()).ToList();
        for (var cohort = 0; cohort < days; cohort++)
        {
            var members = people.Select(own => (Own: own, Starts: own.Where(e => e.Name == "a" && (recurring ? e.Day == cohort : IsFirst(own, e.TimeMs))).ToList()))
                .Where(member => member.Starts.Any(e => e.Day == cohort)).ToList();
            var retained = Enumerable.Range(0, depth).Select(n => cohort + n >= days ? "-" : members.Count(member => IsBack(member.Own, member.Starts, cohort, n)).ToString(CultureInfo.InvariantCulture));
            yield return $"{members.Count}: {string.Join(" ", retained)}";
        }

        bool IsFirst(List<(long TimeMs, string Name, int Day, int Id)> own, long time) => own.Where(e => e.Name == "a").Min(e => e.TimeMs) == time;

        bool IsBack(List<(long TimeMs, string Name, int Day, int Id)> own, List<(long TimeMs, string Name, int Day, int Id)> starts, int cohort, int n)
        {
            var returns = own.Where(e => e.Name == "b" && e.Day < days).ToList();
            var isOnDay = n == 0
                ? returns.Any(back => back.Day == cohort && starts.Any(start => start.Day == cohort && start.Id != back.Id && start.TimeMs <= back.TimeMs))
                : returns.Any(back => back.Day == cohort + n);
            return isOnDay || (onOrAfter && returns.Any(back => back.Day >= cohort + Math.Max(n, 1)));
        }
    }

    /// <summary>Lifecycle of "a" by day: new, returning, resurrecting and dormant of each day from 3 March on.</summary>
    public static IEnumerable<string> Lifecycle(List<MemoryEvent> events, int days)
    {
        var people = DaysOfPeople(events);
        for (var day = 2; day < 2 + days; day++)
        {
            var active = people.Where(own => own.Contains(day)).ToList();
            var returning = active.Count(own => own.Contains(day - 1));
            yield return $"{active.Count(own => own.Min() == day)} {returning} {active.Count(own => own.Min() < day && !own.Contains(day - 1))} "
                + $"{returning - people.Count(own => own.Contains(day - 1))}";
        }
    }

    /// <summary>How many people did "a" on exactly 1, 2, … days from 3 March on.</summary>
    public static IEnumerable<long> Stickiness(List<MemoryEvent> events, int days)
    {
        var people = DaysOfPeople(events);
        return Enumerable.Range(1, days).Select(n => (long)people.Count(own => own.Count(day => day >= 2 && day < 2 + days) == n));
    }

    private static List<HashSet<int>> DaysOfPeople(List<MemoryEvent> events) =>
        [.. events.Where(e => e.Name == "a").GroupBy(e => e.UserId).Select(own => own.Select(e => DayOf(e.TimeMs)).ToHashSet())];

    private static int DayOf(long ms) => (int)((ms - FirstDay) / 86_400_000);
}
