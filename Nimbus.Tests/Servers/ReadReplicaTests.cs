using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nimbus.Cli.Doctor;
using Nimbus.Client;
using Nimbus.QueryService.Querying;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Query;
using Nimbus.Tests.Scale;
using Nimbus.Tests.ServiceDefaults;
using Npgsql;

namespace Nimbus.Tests.Servers;

/// <summary>A streaming replica of eventsdb beside the primary: it takes the reads, and changes no answer.</summary>
[Collection(SeveralNimbus.Collection)]
public sealed class ReadReplicaTests(SeveralNimbus nimbus)
{
    private const string Service = "query-0";
    private const string ReadsOfReplica = "nimbus_eventsdb_reads_total{server=\"replica\"}";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task Answers_are_those_of_the_primary_while_the_replica_is_well_behind_and_away()
    {
        await using var standby = await Standby.StartAsync(await nimbus.ConnectionStringAsync("eventsdb"), SeveralNimbus.ReplicaPort);
        var account = await TestAccount.RegisterAsync(nimbus);
        var project = await SeveralNimbus.ProjectOfAsync(account, Service);

        // Well: what the engine builds of a project it has not seen comes from there, and so do people and events.
        await project.SendAsync(Of("ada"), Of("bob"), Of("ada"));
        await project.WaitForCountAsync(3);
        await HoldsFromReplicaAsync(project, events: 3, users: 2);

        // Behind: what was stored and merged meanwhile is in the answers all the same, from the primary.
        await standby.HoldBackAsync();
        var behind = await CountAsync("nimbus_read_replica_passed_over_total{reason=\"behind\"}");
        await project.SendAsync(Of("cleo"), Of("ada"));
        await project.WaitForCountAsync(5);
        await HoldsAsync(project, events: 5, users: 3);
        await MergeAsync(project, "ada", "bob");
        await HoldsAsync(project, events: 5, users: 2);
        Assert.True(await CountAsync("nimbus_read_replica_passed_over_total{reason=\"behind\"}") > behind);
        Assert.Contains("it is behind", await HealthAsync(), StringComparison.Ordinal);

        // It catches up, and is read again.
        await standby.GoOnAsync();
        await HoldsFromReplicaAsync(project, events: 5, users: 2);
        Assert.DoesNotContain("read instead", await HealthAsync(), StringComparison.Ordinal);

        // Away: over connections that are dead.
        await standby.KillAsync();
        await project.SendAsync(Of("dora"));
        await project.WaitForCountAsync(6);
        await HoldsAsync(project, events: 6, users: 3);
        Assert.True(await CountAsync("nimbus_read_replica_passed_over_total{reason=\"away\"}") > 0);
    }

    [SkippableFact]
    public async Task What_the_replica_breaks_off_is_read_again_on_the_primary()
    {
        await using var standby = await Standby.StartAsync(await nimbus.ConnectionStringAsync("eventsdb"), Ports.Free());
        await using var source = await SourceAsync(standby);
        var project = await StoredAsync();

        foreach (var failure in (string[])["SELECT pg_terminate_backend(pg_backend_pid())", "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"])
        {
            await Eventually.TrueAsync(async () => await source.IsReplicaAsync(project), () => "the replica is not read", Patience);
            var calls = 0;
            Assert.False(await source.Snapshots.ReadAsync(project, TimeSpan.FromSeconds(20), async snapshot =>
            {
                if (calls++ == 0)
                {
                    await using var fails = snapshot.Command(failure);
                    await fails.ExecuteNonQueryAsync();
                }
                return await IsReplicaAsync(snapshot);
            }, default));
            Assert.Equal(2, calls);
        }
    }

    [SkippableFact]
    public async Task A_question_that_takes_too_long_on_the_replica_is_not_asked_on_the_primary()
    {
        await using var standby = await Standby.StartAsync(await nimbus.ConnectionStringAsync("eventsdb"), Ports.Free());
        await using var source = await SourceAsync(standby);
        var project = await StoredAsync();
        var calls = 0;

        var failure = await Assert.ThrowsAsync<PostgresException>(() => source.Snapshots.ReadAsync(project, TimeSpan.FromMilliseconds(50), async snapshot =>
        {
            calls++;
            Assert.True(await IsReplicaAsync(snapshot));
            await using var slow = snapshot.Command("SELECT pg_sleep(60)");
            return await slow.ExecuteNonQueryAsync();
        }, default));

        Assert.Equal(PostgresErrorCodes.QueryCanceled, failure.SqlState);
        Assert.Equal(1, calls);
    }

    [SkippableFact]
    public async Task A_project_that_is_gone_is_not_read_from_a_replica_that_still_has_it()
    {
        await using var standby = await Standby.StartAsync(await nimbus.ConnectionStringAsync("eventsdb"), Ports.Free());
        await using var source = await SourceAsync(standby, patienceSeconds: 0.5);
        var project = await StoredAsync();
        await Eventually.TrueAsync(async () => await source.IsReplicaAsync(project), () => "the replica is not read", Patience);
        await standby.HoldBackAsync();

        await using (var gone = source.Primary.CreateCommand("DELETE FROM project_seq WHERE project_id = $1"))
        {
            gone.Parameters.AddWithValue(project);
            Assert.Equal(1, await gone.ExecuteNonQueryAsync());
        }

        Assert.False(await source.IsReplicaAsync(project));
        Assert.Equal(HealthStatus.Degraded, (await source.Replica.CheckHealthAsync(new())).Status);
    }

    [SkippableFact]
    public async Task The_doctor_tells_a_replica_that_keeps_up_from_one_that_does_not_and_from_what_is_none()
    {
        var primary = await nimbus.ConnectionStringAsync("eventsdb");
        await using var standby = await Standby.StartAsync(primary, Ports.Free());
        await Eventually.TrueAsync(
            async () => await LookAtAsync(standby.ConnectionString) is { State: FindingState.Ok }, () => "it does not keep up", Patience);

        await standby.HoldBackAsync();
        await StoredAsync();
        var behind = await LookAtAsync(standby.ConnectionString);
        Assert.Equal(FindingState.Warning, behind.State);
        Assert.StartsWith("it is behind", behind.What, StringComparison.Ordinal);

        var other = new NpgsqlConnectionStringBuilder(standby.ConnectionString) { Database = "identitydb" };
        Assert.Equal(FindingState.Fault, (await LookAtAsync(other.ConnectionString)).State);
        var itself = await LookAtAsync(primary);
        Assert.Equal(FindingState.Warning, itself.State);
        Assert.StartsWith("it is no replica", itself.What, StringComparison.Ordinal);

        async Task<Finding> LookAtAsync(string replica)
        {
            var found = new Diagnosis(ReplicaCheck.Name);
            await ReplicaCheck.RunAsync(primary, replica, found, default);
            return Assert.Single(found.Findings);
        }
    }

    private static NimbusEvent Of(string user) => new("view") { UserId = user, Timestamp = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero) };

    private static async Task<bool> IsReplicaAsync(Snapshot snapshot)
    {
        await using var command = snapshot.Command("SELECT pg_is_in_recovery()");
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>What the engine, the events and the people say, each from another reader.</summary>
    private static async Task HoldsAsync(TestProject project, int events, int users)
    {
        using var trend = await project.Owner.SendAsync(HttpMethod.Post, "/v1/insights/trends", JsonContent.Create(new
        {
            project_id = project.Id,
            from = "2026-03-02",
            to = "2026-03-02",
            series = new[] { new { measure = "users" } },
        }));
        var answer = await trend.Content.ReadAsStringAsync();
        Assert.True(trend.IsSuccessStatusCode, answer);
        Assert.Equal(users, Answers.Json(answer).GetProperty("series")[0].GetProperty("total").GetInt64());
        Assert.Equal(events, (await project.AllEventsAsync()).Count);
        Assert.Equal(users, await PeopleAsync(project));
    }

    private async Task HoldsFromReplicaAsync(TestProject project, int events, int users)
    {
        var before = await CountAsync(ReadsOfReplica);
        await Eventually.TrueAsync(async () =>
        {
            await HoldsAsync(project, events, users);
            return await CountAsync(ReadsOfReplica) > before;
        }, () => "the replica is not read", Patience);
    }

    /// <summary>How many people the project's list has.</summary>
    private static async Task<int> PeopleAsync(TestProject project)
    {
        using var answer = await project.Owner.SendAsync(HttpMethod.Get, $"/v1/persons?project_id={project.Id}&limit=100");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return Answers.Json(await answer.Content.ReadAsStringAsync()).GetProperty("persons").GetArrayLength();
    }

    private static async Task MergeAsync(TestProject project, params string[] distinctIds)
    {
        using var merged = await project.Owner.SendAsync(
            HttpMethod.Post, "/v1/persons/merges", JsonContent.Create(new { project_id = project.Id, distinct_ids = distinctIds }));
        Assert.True(merged.IsSuccessStatusCode, await merged.Content.ReadAsStringAsync());
    }

    private async Task<double> CountAsync(string sample)
    {
        using var http = nimbus.Service(Service);
        return PrometheusPage.Parse(await http.GetStringAsync("/metrics")).Samples[sample];
    }

    private async Task<string> HealthAsync()
    {
        using var http = nimbus.Service(Service);
        return await http.GetStringAsync("/health/detailed");
    }

    /// <summary>A project with one event.</summary>
    private async Task<Guid> StoredAsync()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(Of("ada"));
        await project.WaitForCountAsync(1);
        return project.Id;
    }

    private async Task<Source> SourceAsync(Standby standby, double patienceSeconds = 20) =>
        new(await nimbus.ConnectionStringAsync("eventsdb"), standby.ConnectionString, TimeSpan.FromSeconds(patienceSeconds));

    /// <summary>A source of snapshots of one test.</summary>
    private sealed class Source : IAsyncDisposable
    {
        private readonly NpgsqlDataSource _standby;

        public Source(string primary, string standby, TimeSpan patience)
        {
            (Primary, _standby) = (NpgsqlDataSource.Create(primary), NpgsqlDataSource.Create(standby));
            var metrics = new QueryMetrics(new Meters());
            Replica = new(_standby, Options.Create(new QueryLimits { ReplicaPatience = patience }), metrics, TimeProvider.System, NullLogger<ReadReplica>.Instance);
            Snapshots = new(Primary, metrics, Replica);
        }

        public NpgsqlDataSource Primary { get; }

        public ReadReplica Replica { get; }

        public SnapshotSource Snapshots { get; }

        public Task<bool> IsReplicaAsync(Guid project) =>
            Snapshots.ReadAsync(project, TimeSpan.FromSeconds(20), ReadReplicaTests.IsReplicaAsync, default);

        public async ValueTask DisposeAsync()
        {
            await _standby.DisposeAsync();
            await Primary.DisposeAsync();
        }
    }
}
