using System.Collections.Concurrent;
using System.Diagnostics;
using Nimbus.QueryService.Querying;
using Nimbus.Tests.Engine;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Query;

[Collection(NimbusSystem.Collection)]
public sealed class QuerySpanTests(NimbusSystem nimbus)
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Each_segment_that_a_question_reads_has_a_span_of_its_own_below_the_questions()
    {
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        var project = new EngineProject(database);
        for (var day = 0; day < 8; day++)
            await project.StoreAsync([.. Enumerable.Range(0, 200).Select(i => new EngineEvent(Start.AddDays(day).AddMinutes(i).ToUnixTimeMilliseconds(), "view", "ada"))]);
        using var engine = new EngineUnderTest(database);
        using var snapshot = await engine.Projects.OpenAsync(project.Id, default);
        var segments = Runs(snapshot.Blocks(long.MinValue, long.MaxValue).Select(block => block.SealedVersion));
        Assert.True(segments.Count(version => version != 0) > 1, "the project has not more than one segment");

        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Nimbus.Query",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        ActivityContext question;
        using (var span = QueryTelemetry.StartQuery("trends", project.Id)!)
        {
            question = span.Context;
            Assert.Equal(1600, new QueryRun(snapshot, new QueryLimits(), default).Blocks(long.MinValue, long.MaxValue).Sum(block => block.Times.Length));
        }

        var scans = ended.Where(span => span.TraceId == question.TraceId && span.OperationName == "scan segment").ToList();
        Assert.All(scans, scan => Assert.Equal(question.SpanId, scan.ParentSpanId));
        Assert.Equal(segments.Select(version => version != 0), scans.Select(scan => (bool)scan.GetTagItem("nimbus.segment.sealed")!));
    }

    /// <summary>Neighbours that are the same, once.</summary>
    private static List<long> Runs(IEnumerable<long> values) =>
        values.Aggregate(new List<long>(), (runs, value) =>
        {
            if (runs is [] || runs[^1] != value)
                runs.Add(value);
            return runs;
        });
}
