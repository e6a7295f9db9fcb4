using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Sessions;
using static Nimbus.Tests.Query.MemoryQueries;

namespace Nimbus.Tests.Query;

/// <summary>What is one session, and how long it is.</summary>
public sealed class SessionsTests
{
    private static readonly MemoryEvent[] Example =
    [
        // Half an hour to the millisecond goes on, a millisecond more does not.
        Event("10:00", "open", "ada", ("os", "\"mac\"")), Event("10:30", "view", "a-1"), Event("11:00:00.001", "open", "ada"),
        Event("10:10", "open", "bob"), Event("10:12", "view", "bob"), Event("10:16", "view", "bob"),
        Event("09:50", "open", "cyd"), Event("10:05", "view", "cyd"),
    ];

    private static readonly Dictionary<string, string> SamePerson = new() { ["a-1"] = "ada" };

    [Theory]
    // cyd's session started before ten. ada: 10:00 to 10:30; bob: 10:10 to 10:16; ada again at 11.
    [InlineData("count", 2, 1.0, 3)]
    [InlineData("length_avg", (1800 + 360) / 2.0, 0.0, (1800 + 360) / 3.0)]
    [InlineData("length_median", (1800 + 360) / 2.0, 0.0, 360)]
    [InlineData("events_avg", 2.5, 1.0, 2)]
    public void A_session_belongs_to_the_bucket_where_it_starts(string measure, double ten, double? eleven, double total)
    {
        using var project = MemoryProject.From(Example, SamePerson);
        var result = Run(project, $$"""
            {"from":"2026-03-02T10:00:00Z","to":"2026-03-02T12:00:00Z","bucket":"1h","measure":"{{measure}}"}
            """);
        Assert.Equal([ten, eleven], result.Points.Select(point => point.Value));
        Assert.Equal(total, result.Total);
    }

    [Fact]
    public void Sessions_are_cut_before_any_filter_and_grouped_by_their_first_event()
    {
        using var project = MemoryProject.From(Example, SamePerson);
        const string Range = "\"from\":\"2026-03-02T10:00:00Z\",\"to\":\"2026-03-02T10:31:00Z\",\"bucket\":\"1h\"";
        // ada and bob have a view; their sessions are whole all the same.
        var filtered = Run(project, $$"""{{{Range}},"measure":"length_avg","where":{"context":"x","op":"not_set"} }""");
        Assert.Equal((1800 + 360) / 2.0, filtered.Total);
        var grouped = Run(project, $$"""{{{Range}},"group_by":{"prop":"os"} }""");
        Assert.Equal([("null", 1.0), ("\"mac\"", 1.0)], grouped.Groups!.Select(group => (group.Value.Text, group.Total!.Value)));
        // Its last event before to: 10:30 is not.
        var early = Run(project, """{"from":"2026-03-02T10:00:00Z","to":"2026-03-02T10:30:00Z","bucket":"1h","measure":"length_median"}""");
        Assert.Equal(180, early.Total);
    }

    [Fact]
    public void Another_session_id_of_the_client_starts_a_session()
    {
        using var project = MemoryProject.From(
        [
            With("10:00", "s1"), With("10:01", null), With("10:02", "s1"), With("10:03", "s2"), With("10:04", "s1"),
        ]);
        Assert.Equal(3, Run(project, """{"from":"2026-03-02","to":"2026-03-02"}""").Total);

        static MemoryEvent With(string time, string? session) => Event(time, "view", "ada") with
        {
            Context = session is null ? null : new Dictionary<string, string> { ["$session_id"] = $"\"{session}\"" },
        };
    }

    [Fact]
    public void The_events_of_one_millisecond_are_cut_the_same_however_they_arrive()
    {
        // s1 comes before s2 and, within it, false before "red": two sessions, whichever row is first.
        MemoryEvent[] events =
        [
            With("s2", "\"red\""), With("s1", "\"red\""), With("s1", "false"), With("s2", "12"),
            With("s1", "\"red\"") with { UserId = "bob" }, With(null, "true") with { UserId = "bob" },
        ];
        var random = new Random(7);
        for (var round = 0; round < 20; round++)
        {
            using var project = MemoryProject.From(events);
            var answer = Run(project, """{"from":"2026-03-02","to":"2026-03-02","measure":"events_avg","group_by":{"prop":"colour"} }""");
            Assert.Equal(2, answer.Total);
            Assert.Equal([("false", 2.0), ("true", 2.0), ("12", 2.0)], answer.Groups!.Select(group => (group.Value.Text, group.Total!.Value)));
            random.Shuffle(events);
        }

        static MemoryEvent With(string? session, string colour) => Event("10:00", "view", "ada", ("colour", colour)) with
        {
            Context = session is null ? null : new Dictionary<string, string> { ["$session_id"] = $"\"{session}\"" },
        };
    }

    private static SessionsResult Run(ProjectSnapshot project, string json) =>
        SessionsReader.Run(Read(SessionsQuery.Read, json), Over(project));
}
