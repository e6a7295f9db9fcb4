using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Paths;
using static Nimbus.Tests.Query.MemoryQueries;

namespace Nimbus.Tests.Query;

/// <summary>What people do after an event, or before one.</summary>
public sealed class PathsTests
{
    private static readonly MemoryEvent[] Example =
    [
        Event("10:00", "home", "ada"), Event("10:01", "view", "ada"), Event("10:03", "view", "a-1"), Event("10:10", "buy", "ada"),
        Event("09:00", "view", "bob"), Event("10:00", "home", "bob"), Event("10:05", "view", "bob"), Event("10:06", "home", "bob"),
        Event("10:00", "home", "cyd"), Event("10:02", "help", "cyd"),
    ];

    private static readonly Dictionary<string, string> SamePerson = new() { ["a-1"] = "ada" };

    [Fact]
    public void Paths_from_an_event_fold_what_repeats()
    {
        var result = Ask("""{"from":"2026-03-02","to":"2026-03-02","start":{"name":"home"},"depth":3}""");
        Assert.Equal(["0:home 3", "1:view 2", "1:help 1", "2:buy 1", "2:home 1"], result.Nodes.Select(node => $"{node.Id} {node.People}"));
        // home to view: ada 60 s, bob 300 s; view to buy: from ada's last view, 7 minutes.
        Assert.Equal(
            ["0:home>1:view 2 180", "0:home>1:help 1 120", "1:view>2:buy 1 420", "1:view>2:home 1 60"],
            result.Links.Select(link => $"{link.From}>{link.To} {link.People} {link.MedianSeconds}"));
    }

    [Fact]
    public void Paths_to_an_event_end_with_the_last_one()
    {
        var result = Ask("""{"from":"2026-03-02","to":"2026-03-02","end":{"name":"home"},"depth":3}""");
        Assert.Equal(["0:home 3", "-1:view 1", "-2:home 1"], result.Nodes.Select(node => $"{node.Id} {node.People}"));
        Assert.Equal(["-1:view>0:home 1 60", "-2:home>-1:view 1 300"],
            result.Links.Select(link => $"{link.From}>{link.To} {link.People} {link.MedianSeconds}"));
    }

    [Fact]
    public void Rare_names_are_one_node_and_excluded_ones_are_passed_over()
    {
        var few = Ask("""{"from":"2026-03-02","to":"2026-03-02","start":{"name":"home"},"depth":3,"top":1}""");
        Assert.Equal(["0:home 3", "1:view 2", "1:$other 1", "2:buy 1", "2:$other 1"], few.Nodes.Select(node => $"{node.Id} {node.People}"));
        var without = Ask("""{"from":"2026-03-02","to":"2026-03-02","start":{"name":"home"},"exclude":["view"],"window":"9m"}""");
        // ada buys 10 minutes later; bob's two homes are one.
        Assert.Equal(["0:home 3", "1:help 1"], without.Nodes.Select(node => $"{node.Id} {node.People}"));
    }

    [Theory]
    [InlineData("start")]
    [InlineData("end")]
    public void Random_projects_agree_with_a_reading_of_the_definition_however_events_arrive(string anchor)
    {
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            var events = Enumerable.Range(0, random.Next(40)).Select(_ =>
                Event("00:00", "ABC"[random.Next(3)].ToString(), new[] { "ada", "a-1", "bob", "cyd", null }[random.Next(5)]) with
                {
                    TimeMs = At("10:00").ToUnixTimeMilliseconds() + random.Next(20) * 60_000,
                }).ToArray();
            var json = $$"""{"from":"2026-03-02T10:02:00Z","to":"2026-03-02T10:17:00Z","{{anchor}}":{"name":"A"},"depth":4,"window":"8m"}""";
            var result = Ask(json, events);
            var paths = events.Where(e => e.UserId is not null).GroupBy(e => SamePerson.GetValueOrDefault(e.UserId!, e.UserId!))
                .Select(person => Path([.. person.Where(e => e.TimeMs >= At("10:02").ToUnixTimeMilliseconds() && e.TimeMs < At("10:17").ToUnixTimeMilliseconds())
                    .OrderBy(e => e.TimeMs).ThenBy(e => e.Name, StringComparer.Ordinal)], anchor == "end")).ToList();
            Assert.Equal(
                paths.SelectMany(path => path.Select((name, step) => $"{(anchor == "end" ? -step : step)}:{name}"))
                    .GroupBy(node => node).Select(node => $"{node.Key} {node.Count()}").Order(StringComparer.Ordinal),
                result.Nodes.Select(node => $"{node.Id} {node.People}").Order(StringComparer.Ordinal));
            Assert.Equal(paths.Sum(path => Math.Max(path.Count - 1, 0)), result.Links.Sum(link => link.People));

            random.Shuffle(events);
            var shuffled = Ask(json, events);
            Assert.Equal(result.Nodes, shuffled.Nodes);
            Assert.Equal(result.Links, shuffled.Links);
        }
    }

    private static List<string> Path(List<MemoryEvent> events, bool backward)
    {
        if (backward) events.Reverse();
        var start = events.FindIndex(e => e.Name == "A");
        if (start < 0) return [];
        var within = events.Skip(start).TakeWhile(e => Math.Abs(e.TimeMs - events[start].TimeMs) <= 8 * 60_000).Select(e => e.Name).ToList();
        return [.. within.Where((name, i) => i == 0 || within[i - 1] != name).Take(4)];
    }

    private static PathsResult Ask(string json, IEnumerable<MemoryEvent>? events = null)
    {
        using var project = MemoryProject.From(events ?? Example, SamePerson);
        return PathsReader.Run(Read(PathsQuery.Read, json), Over(project));
    }
}
