using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Engine.Scans;
using Nimbus.QueryService.Funnels;
using Nimbus.QueryService.Querying;
using static Nimbus.Tests.Query.MemoryQueries;

namespace Nimbus.Tests.Query.Funnels;

/// <summary>Whole questions about funnels: names, filters, people of several ids, sessions, groups.</summary>
public sealed class FunnelReaderTests
{
    private const string Range = "\"from\":\"2026-03-02\",\"to\":\"2026-03-02\"";

    [Fact]
    public void The_example_of_the_documentation()
    {
        using var project = MemoryProject.From(
        [
            Event("10:00", "view", "ada", ("plan", "\"pro\"")),
            Event("10:05", "buy", "a-1"),
            Event("10:00", "view", "bob", ("plan", "\"free\"")),
            Event("10:20", "view", "bob", ("plan", "\"pro\"")),
            Event("10:50", "buy", "bob"),
            Event("10:00", "view", "cyd"),
            Event("11:00:01", "buy", "cyd"),
            Event("10:30", "buy", "dan"),
        ], new Dictionary<string, string> { ["a-1"] = "ada" });
        var funnel = Run(project, $$"""
            {{{Range}},"steps":[{"name":"view"},{"name":"buy","label":"bought"}],"window":"1h","group_by":{"prop":"plan"} }
            """);

        // ada after 5 minutes, bob 30 minutes after the later of the two views: (5 + 30) / 2 = 17.5 minutes. cyd is late
        // by a second, dan never viewed.
        Assert.Equal(
            [new("view", 3, 1, 1, null), new("bought", 2, 2.0 / 3, 2.0 / 3, 17.5 * 60)], funnel.Steps);
        Assert.Equal(["\"pro\"", "null"], funnel.Groups!.Select(group => group.Value.Text));
        Assert.Equal([2, 1], funnel.Groups!.Select(group => group.Steps[0].People));
        Assert.Equal([2, 0], funnel.Groups!.Select(group => group.Steps[1].People));
        Assert.Equal([17.5 * 60, null], funnel.Groups!.Select(group => group.Steps[1].MedianSeconds));
    }

    [Fact]
    public void Step_1_lies_in_the_range_and_later_steps_within_the_window()
    {
        using var project = MemoryProject.From(
        [
            Event("2026-03-01T23:59:59.999Z", "view", "ada"), Event("00:10", "buy", "ada"),
            Event("23:59:59.999", "view", "bob"), Event("2026-03-03T00:59:59.999Z", "buy", "bob"),
            Event("2026-03-03T00:00:00Z", "view", "cyd"), Event("2026-03-03T00:00:00Z", "buy", "cyd"),
        ]);
        var funnel = Run(project, $$"""{{{Range}},"steps":[{"name":"view"},{"name":"buy"}],"window":"1h"}""");
        Assert.Equal([1, 1], funnel.Steps.Select(step => step.People));
    }

    [Fact]
    public void A_session_is_a_unit_of_its_own()
    {
        using var project = MemoryProject.From(
        [
            // Ten minutes apart, then 31: view and buy are in two sessions; the second session has both.
            Event("10:00", "view", "ada"), Event("10:10", "other", "ada"), Event("10:41", "buy", "ada"),
            Event("10:50", "view", "ada"), Event("11:20", "buy", "ada"),
        ]);
        const string Steps = "\"steps\":[{\"name\":\"view\"},{\"name\":\"buy\"}]";
        Assert.Equal([2, 1], Run(project, $$"""{{{Range}},{{Steps}},"count_by":"session"}""").Steps.Select(step => step.People));
        Assert.Equal([1, 1], Run(project, $$"""{{{Range}},{{Steps}}}""").Steps.Select(step => step.People));
    }

    [Fact]
    public void People_behind_a_step_and_behind_a_drop_off()
    {
        var ids = new Dictionary<string, Guid>();
        using var project = MemoryProject.From(
        [
            Event("10:00", "view", "ada"), Event("10:05", "buy", "ada"), Event("10:00", "view", "bob"),
            Event("10:00", "view", "cyd", ("plan", "1.0")),
        ], personId: id => ids[id] = Guid.CreateVersion7());
        var query = Read(FunnelQuery.Read, $$"""
            {{{Range}},"steps":[{"name":"view"},{"name":"buy"}],"group_by":{"prop":"plan"} }
            """);
        Assert.Equal([ids["ada"]], FunnelReader.People(query, Over(project), 2, dropped: false, group: null));
        Assert.Equal(new[] { ids["bob"], ids["cyd"] }.Order(),
            FunnelReader.People(query, Over(project), 2, dropped: true, group: null).Order());
        Assert.Equal([ids["cyd"]], FunnelReader.People(query, Over(project), 1, dropped: false, PropertyValue.OfJson("1")));

        var page = new PeoplePage(2, null).Of(ids.Values);
        Assert.Equal(ids.Values.Order().Take(2), page.People.Select(person => person.PersonId));
        var rest = new PeoplePage(2, Guid.ParseExact(page.NextCursor!, "N")).Of(ids.Values);
        Assert.Equal(ids.Values.Order().Skip(2), rest.People.Select(person => person.PersonId));
        Assert.Null(rest.NextCursor);
    }

    [Fact]
    public void More_values_than_are_shown_are_one_group_and_groups_add_up()
    {
        using var project = MemoryProject.From(Enumerable.Range(0, 25).SelectMany(i => new[]
        {
            Event("10:00", "view", $"u{i}", ("n", $"{i}")), Event("10:01", "buy", $"u{i}"),
        }));
        var funnel = Run(project, $$"""{{{Range}},"steps":[{"name":"view"},{"name":"buy"}],"group_by":{"prop":"n"} }""");
        Assert.Equal(21, funnel.Groups!.Count);
        Assert.Equal((true, 5L, 60.0), (funnel.Groups[20].Other, funnel.Groups[20].Steps[1].People, funnel.Groups[20].Steps[1].MedianSeconds));
        Assert.Equal(25, funnel.Groups.Sum(group => group.Steps[1].People));
    }

    [Theory]
    [InlineData("""{"steps":[{"name":"a"}]}""", "steps")]
    [InlineData("""{"steps":[{"name":"a"},{"where":{}}]}""", "steps[1].name", "steps[1].where")]
    [InlineData("""{"steps":[{"name":"a"},{"name":"b"}],"window":"7 days","order":"sorted"}""", "window", "order")]
    [InlineData("""{"steps":[{"name":"a"},{"name":"b"}],"exclude":[{"name":"x","between":[2,1]}]}""", "exclude[0].between")]
    [InlineData("""{"steps":[{"name":"a"},{"name":"b"}],"exclude":[{"name":"x"}],"order":"any"}""", "exclude")]
    [InlineData("""{"steps":[{"name":"a"},{"name":"b"}],"where":{"and":[{"prop":"k","op":"is","value":1}]}}""", "where.and[0].op")]
    [InlineData("""{"steps":[{"name":"a"},{"name":"b"}],"where":{"prop":"k","op":"gt","value":"1"}}""", "where.value")]
    [InlineData("""{"steps":[{"name":"a"},{"name":"b"}],"from":"2026-03-02","to":"2026-03-01","tz":"Mars"}""", "tz", "from")]
    public void A_document_with_faults_names_each_of_them(string json, params string[] paths) =>
        Assert.Equal(paths.Order(), Faults(FunnelQuery.Read, json).Keys.Order());

    [Theory]
    [InlineData("ordered", false)]
    [InlineData("strict", false)]
    [InlineData("any", false)]
    [InlineData("ordered", true)]
    public void Random_projects_agree_with_every_chain_tried_out(string order, bool sessions)
    {
        var random = new Random(order.Length + (sessions ? 100 : 0));
        for (var round = 0; round < 400; round++)
        {
            var twin = FunnelTwin.Random(random, order, sessions);
            using var project = twin.Project();
            var told = twin.Json;
            var funnel = Run(project, twin.Json);
            var expected = twin.Answers();
            for (var step = 1; step <= funnel.Steps.Count; step++)
            {
                Assert.True(expected.Count(a => a.Answer.Level >= step) == funnel.Steps[step - 1].People, told);
                if (step > 1) Assert.Equal(FunnelTwin.Median(expected, step), funnel.Steps[step - 1].MedianSeconds);
            }
            var groups = expected.Where(a => a.Answer.Level > 0).GroupBy(a => a.Value)
                .ToDictionary(group => group.Key, group => group.ToList());
            Assert.Equal(groups.Count, funnel.Groups!.Count);
            foreach (var group in funnel.Groups)
                for (var step = 1; step <= funnel.Steps.Count; step++)
                {
                    var answers = groups[CanonicalJson.Of(group.Value.Text)];
                    Assert.True(answers.Count(a => a.Answer.Level >= step) == group.Steps[step - 1].People, told);
                    if (step > 1) Assert.Equal(FunnelTwin.Median(answers, step), group.Steps[step - 1].MedianSeconds);
                }
        }
    }

    private static FunnelResult Run(ProjectSnapshot project, string json) =>
        // In parts, a thread each, on whatever machine.
        FunnelReader.Run(Read(FunnelQuery.Read, json), Over(project, new QueryLimits { Threads = 4 }));
}
