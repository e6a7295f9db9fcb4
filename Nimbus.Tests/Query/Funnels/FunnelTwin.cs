using System.Text.Json;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;

namespace Nimbus.Tests.Query.Funnels;

/// <summary>A random project with a question about it, answered by trying out every chain.</summary>
/// <param name="Events">In the order in which they arrived.</param>
public sealed record FunnelTwin(
    string Json, FunnelPlan Plan, IReadOnlyList<string> Steps, bool OnlyRed, IReadOnlyList<string> Exclusions,
    bool Sessions, IReadOnlyList<MemoryEvent> Events)
{
    private static readonly string[] Values = ["null", "1", "1.0", "\"1\"", "true", "\"😀\"", "\"\uff5e\"", "-2"];

    private static readonly Dictionary<string, string> SamePerson = new() { ["a-1"] = "ada", ["a-2"] = "ada", ["bob"] = "cyd" };

    private static readonly string?[] Ids = ["ada", "a-1", "a-2", "bob", "cyd", "dan", null, "anonymous"];

    public static FunnelTwin Random(Random random, string order, bool sessions)
    {
        var steps = Enumerable.Range(0, random.Next(2, 4)).Select(_ => Pick("A", "B", "C")).ToList();
        var onlyRed = random.Next(2) == 0;
        var minutes = random.Next(1, 90);
        var spans = new List<ExclusionSpan>();
        if (order == "ordered" && random.Next(2) == 0) spans.Add(new(random.Next(1, steps.Count), steps.Count));
        var from = At(0);
        var json = JsonSerializer.Serialize(new
        {
            from = DateTimeOffset.FromUnixTimeMilliseconds(from).ToString("O"),
            to = DateTimeOffset.FromUnixTimeMilliseconds(At(200)).ToString("O"),
            order,
            window = $"{minutes}m",
            steps = steps.Select((name, i) => i == 1 && onlyRed
                ? (object)new { name, where = new { prop = "red", op = "eq", value = true } } : new { name }),
            exclude = spans.Select(span => new { name = "X", between = new[] { span.After, span.Before } }),
            where = new { prop = "hidden", op = "ne", value = 1 },
            group_by = new { prop = "value" },
            count_by = sessions ? "session" : "person",
        });
        var events = Enumerable.Range(0, random.Next(30)).Select(_ => new MemoryEvent(
            At(random.Next(-20, 260) / 10 * 10), Pick("A", "B", "C", "X", "Z"), Pick(Ids),
            Props: new Dictionary<string, string>
            {
                ["red"] = Pick("true", "false", "\"true\""),
                ["hidden"] = Pick("0", "0", "0", "1.0"),
                ["value"] = Pick(Values),
            })).ToList();
        return new(json,
            new(steps.Count, Enum.Parse<FunnelOrder>(order, ignoreCase: true), minutes * 60_000L, from, At(200))
            {
                Exclusions = spans,
            },
            steps, onlyRed, [.. spans.Select(_ => "X")], sessions, events);

        T Pick<T>(params T[] of) => of[random.Next(of.Length)];
    }

    public ProjectSnapshot Project() => MemoryProject.From(Events, SamePerson);

    /// <summary>Of each person, or of each session: how far it came, and the value of its group.</summary>
    public List<(FunnelAnswer Answer, string Value)> Answers()
    {
        var values = Values.Select(CanonicalJson.Of).Distinct()
            .OrderBy(PropertyValue.OfJson, PropertyValue.InOrder).ToList();
        var people = Events.Where(e => e.UserId is not null and not "anonymous")
            .GroupBy(e => SamePerson.GetValueOrDefault(e.UserId!, e.UserId!))
            .SelectMany(person => Sessions ? Cut([.. person.OrderBy(e => e.TimeMs)]) : [[.. person]]);
        return [.. people.Select(events =>
        {
            var answer = FunnelOracle.Answer(Plan, [.. events.Where(e => e.TimeMs >= Plan.FromMs).Select(e =>
                new FunnelEvent(e.TimeMs, Mask(e), values.IndexOf(CanonicalJson.Of(e.Props!["value"]))))]);
            return (answer, values[answer.Rank]);
        })];
    }

    /// <summary>In seconds.</summary>
    public static double? Median(IEnumerable<(FunnelAnswer Answer, string Value)> answers, int step)
    {
        var times = answers.Where(a => a.Answer.Level >= step).Select(a => a.Answer.Times[step - 2]).Order().ToList();
        return times.Count == 0 ? null : (times[(times.Count - 1) / 2] + times[times.Count / 2]) / 2.0 / 1000;
    }

    private static long At(int minutes) => new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero).AddMinutes(minutes).ToUnixTimeMilliseconds();

    private static IEnumerable<List<MemoryEvent>> Cut(List<MemoryEvent> events)
    {
        var session = new List<MemoryEvent>();
        foreach (var e in events)
        {
            if (session.Count > 0 && e.TimeMs - session[^1].TimeMs > 30 * 60_000)
            {
                yield return session;
                session = [];
            }
            session.Add(e);
        }
        yield return session;
    }

    private uint Mask(MemoryEvent e)
    {
        // Every stored event breaks a strict chain, hidden by the filter or not.
        var mask = FunnelPlan.Breaks;
        if (e.Props!["hidden"] == "1.0") return mask;
        for (var step = 0; step < Steps.Count; step++)
            if (e.Name == Steps[step] && !(step == 1 && OnlyRed && e.Props["red"] != "true")) mask |= 1u << step;
        for (var x = 0; x < Exclusions.Count; x++)
            if (e.Name == Exclusions[x]) mask |= 1u << (FunnelPlan.FirstExclusionBit + x);
        return mask;
    }
}
