using System.Text.Json;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;
using static Nimbus.Tests.Query.MemoryQueries;

namespace Nimbus.Tests.Query;

/// <summary>What queries may cost, and what is kept of them.</summary>
public sealed class QueryLimitsTests
{
    [Fact]
    public async Task A_query_waits_for_its_turn_and_is_turned_away_where_too_many_wait()
    {
        using var gate = Gate(new QueryLimits { MaxRunning = 1, MaxWaiting = 1, MaxWait = TimeSpan.FromMinutes(1) });
        var first = await gate.EnterAsync(default);
        var second = gate.EnterAsync(default);
        Assert.False(second.IsCompleted);
        var busy = await Assert.ThrowsAsync<ProblemException>(() => gate.EnterAsync(default));
        Assert.Equal((503, "busy", TimeSpan.FromSeconds(2)), (busy.Status, busy.Code, busy.RetryAfter));
        first.Dispose();
        first.Dispose();
        (await second).Dispose();
        (await gate.EnterAsync(default)).Dispose();
    }

    [Fact]
    public async Task A_query_that_waits_too_long_is_turned_away_and_one_whose_caller_has_gone_waits_no_more()
    {
        using var gate = Gate(new QueryLimits { MaxRunning = 1, MaxWait = TimeSpan.FromMilliseconds(1) });
        using var turn = await gate.EnterAsync(default);
        Assert.Equal("busy", (await Assert.ThrowsAsync<ProblemException>(() => gate.EnterAsync(default))).Code);

        using var patient = Gate(new QueryLimits { MaxRunning = 1, MaxWait = TimeSpan.FromMinutes(1) });
        using var other = await patient.EnterAsync(default);
        using var gone = new CancellationTokenSource();
        var waiting = patient.EnterAsync(gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public void A_scan_stops_at_the_next_block_when_the_caller_goes_away()
    {
        using var project = Many();
        Assert.True(project.Blocks(0, long.MaxValue).Count > 2);
        using var gone = new CancellationTokenSource();
        var run = new QueryRun(project, new QueryLimits(), gone.Token);
        var seen = 0;
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var _ in run.Blocks(0, long.MaxValue))
            {
                seen++;
                gone.Cancel();
            }
        });
        Assert.Equal(1, seen);
    }

    [Fact]
    public void Stretches_side_by_side_stop_too_and_say_why()
    {
        using var project = Many();
        var stretches = project.Blocks(0, long.MaxValue).SelectMany(block => Stretch.Of([block])).ToList();
        using var gone = new CancellationTokenSource();
        var run = new QueryRun(project, new QueryLimits { Threads = 1 }, gone.Token);
        var seen = 0;
        Assert.Throws<OperationCanceledException>(() => run.SideBySide(stretches, () => 0, (_, _) =>
        {
            gone.Cancel();
            return ++seen;
        }));
        Assert.Equal(1, seen);

        var calm = new QueryRun(project, new QueryLimits { Threads = 2 }, default);
        Assert.Equal("not this one", Assert.Throws<InvalidOperationException>(() => calm.SideBySide(
            stretches, () => 0, (_, stretch) => stretch == stretches[1] ? throw new InvalidOperationException("not this one") : 0)).Message);
        Assert.Equal(stretches.Select(stretch => stretch.FirstMs), calm.SideBySide(stretches, () => 0, (_, stretch) => stretch.FirstMs));
    }

    [Fact]
    public void Memory_is_bounded_by_query_and_may_be_given_back()
    {
        using var project = MemoryProject.From([Event("10:00", "view", "ada")]);
        var run = Over(project, new QueryLimits { MaxBytes = 1 << 20 });
        run.Take(1 << 20);
        run.GiveBack(100);
        run.Take(100);
        Assert.Equal((400, "query_too_large"), Problem(() => run.Take(1)));
    }

    [Fact]
    public void What_was_not_used_for_long_makes_room_for_what_is_new()
    {
        var cache = new BoundedCache<string, int>(maxBytes: 80);
        for (var i = 0; i < 8; i++) cache.Set($"key {i}", i, bytes: 10);
        Assert.True(cache.TryGet("key 0", out _));
        cache.Set("key 8", 8, bytes: 10);
        Assert.False(cache.TryGet("key 1", out _));
        Assert.True(cache.TryGet("key 0", out var kept));
        Assert.Equal(0, kept);
        cache.Set("key 0", 9, bytes: 5);
        Assert.Equal((75, true, 9), (cache.Bytes, cache.TryGet("key 0", out kept), kept));
        // Nothing takes more than an eighth, and then what was there is gone too.
        cache.Set("key 0", 10, bytes: 11);
        Assert.Equal((70, false), (cache.Bytes, cache.TryGet("key 0", out _)));
    }

    [Fact]
    public void An_answer_is_given_again_to_the_same_question_unless_it_is_wanted_anew()
    {
        using var project = MemoryProject.From([Event("10:00", "view", "ada")]);
        var answers = new AnswerCache(
            Options.Create(new QueryLimits()), new QueryMetrics(new Meters()), Options.Create(new Microsoft.AspNetCore.Http.Json.JsonOptions()));
        var question = new Question("top_events", Guid.NewGuid(), "all");
        var answer = new Nimbus.QueryService.Stats.TopEventsResult([]);
        Assert.Null(Find(question));
        answers.Keep(question, project, answer);
        Assert.Same(answer, Find(question));
        foreach (var other in new[] { question with { IsFresh = true }, question with { Text = "some" }, question with { Text = null }, question with { ProjectId = Guid.NewGuid() } })
            Assert.Null(Find(other));

        Nimbus.QueryService.Stats.TopEventsResult? Find(Question of) => answers.Find<Nimbus.QueryService.Stats.TopEventsResult>(of, project);
    }

    [Theory]
    [InlineData("""{"b":1,"a":[1, {"d":null,"c":"x"}]}""", """{"a":[1,{"c":"x"}],"b":1}""")]
    [InlineData("""{"from":"2026-01-01","a":{"from":1}}""", """{"a":{"from":1}}""")]
    [InlineData("""{"a":1,"a":2}""", """{"a":2}""")]
    [InlineData("""{"group":null}""", """{"group":null}""")]
    public void A_question_has_one_text_however_it_is_written(string document, string text) =>
        Assert.Equal(text, QuestionText.Of(JsonSerializer.Deserialize<JsonElement>(document), "from"));

    private static (int, string) Problem(Action act)
    {
        var problem = Assert.Throws<ProblemException>(act);
        return (problem.Status, problem.Code);
    }

    private static ProjectSnapshot Many() =>
        MemoryProject.From(Enumerable.Range(0, 200_000).Select(i => new MemoryEvent(i, "view", "ada")));

    private static QueryGate Gate(QueryLimits limits) => new(Options.Create(limits), new QueryMetrics(new Meters()));
}
