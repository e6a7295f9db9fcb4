using System.Globalization;
using System.Net.Http.Json;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.EndToEnd;

/// <summary>A question whose asker is gone is worked on no further.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class CancellationTests(NimbusSystem nimbus)
{
    private const int Events = 300_000;

    // As the writer stores them: in one entry, with a value of its own for each three of them.
    private const string StoreSql = """
        BEGIN;
        INSERT INTO event_names (project_id, code, name) VALUES (@project, 1, 'view');
        INSERT INTO events (project_id, ts, id, name_code, props, received_at)
        SELECT @project, '2026-03-01T00:00:00Z'::timestamptz + i * interval '20 seconds', gen_random_uuid(), 1,
               jsonb_build_object('v', i % 90000, 'amount', i), now()
        FROM generate_series(1, @events) AS i;
        INSERT INTO project_seq AS s (project_id, n) VALUES (@project, 1) ON CONFLICT (project_id) DO UPDATE SET n = s.n + 1;
        INSERT INTO outbox (project_id, n, entry_id, kind, event_count)
        SELECT @project, n, gen_random_uuid(), 16, 0 FROM project_seq WHERE project_id = @project;
        COMMIT;
        """;

    [Fact]
    public async Task A_scan_ends_when_the_connection_of_its_asker_does()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await using (var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb")))
        {
            await using var store = database.CreateCommand(StoreSql);
            store.CommandTimeout = 120;
            store.Parameters.AddWithValue("project", project.Id);
            store.Parameters.AddWithValue("events", Events);
            await store.ExecuteNonQueryAsync();
        }
        await project.WaitForCountAsync(Events, TimeSpan.FromSeconds(60));
        var before = await MetricAsync("nimbus_queries_total", "outcome=\"cancelled\"");

        // Ten lists of numbers for each of 90,000 values: seconds of work.
        using var going = new CancellationTokenSource();
        var question = AskAsync(project, going.Token);
        await Eventually.TrueAsync(
            async () => question.IsCompleted || await MetricAsync("nimbus_queries_running") > 0, () => "the question does not run", TimeSpan.FromSeconds(20));
        Assert.False(question.IsCompleted, "The question was answered before anybody could go away.");
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => question);

        double cancelled = 0, running = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                (cancelled, running) = (await MetricAsync("nimbus_queries_total", "outcome=\"cancelled\""), await MetricAsync("nimbus_queries_running"));
                return cancelled > before && running == 0;
            },
            () => $"{cancelled - before} cancelled, {running} running", TimeSpan.FromSeconds(20));
    }

    private static async Task AskAsync(TestProject project, CancellationToken ct)
    {
        using var body = JsonContent.Create(new
        {
            project_id = project.Id,
            from = "2026-03-01",
            to = "2026-05-30",
            bucket = "15m",
            series = Enumerable.Repeat(new { measure = "p99:amount" }, 10),
            group_by = new { prop = "v" },
        });
        using var answer = await project.Owner.SendAsync(HttpMethod.Post, "/v1/insights/trends", body, ct);
    }

    private async Task<double> MetricAsync(string name, string label = "")
    {
        using var http = nimbus.Service("query");
        var page = await http.GetStringAsync("/metrics");
        return page.Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }
}
