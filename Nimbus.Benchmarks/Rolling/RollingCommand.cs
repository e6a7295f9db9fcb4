using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Nimbus.Benchmarks.Kill;
using Nimbus.Client;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.Benchmarks.Rolling;

/// <summary><c>rolling</c>: what clients notice while every service is replaced, one process after the other, as for an upgrade.</summary>
internal static class RollingCommand
{
    private static readonly string[] Services = ["identity", "ingest", "ingest-writer", "query", "gateway"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Command Create()
    {
        var pause = new Option<int>("--pause") { Description = "Seconds between two restarts.", DefaultValueFactory = _ => 3 };
        var clients = new Option<int>("--clients") { Description = "Clients of each way of sending.", DefaultValueFactory = _ => 4 };
        var drain = new Option<int>("--drain") { Description = "Seconds that a service which is asked to stop serves on; a deployment has 5.", DefaultValueFactory = _ => 5 };
        var command = new Command("rolling", "Restarts every process of every service, two of each, one after the other under load, and counts what failed.")
        {
            pause, clients, drain,
        };
        command.SetAction((parsed, ct) => RunAsync(
            TimeSpan.FromSeconds(parsed.GetValue(pause)), TimeSpan.FromSeconds(parsed.GetValue(drain)), parsed.GetValue(clients), ct));
        return command;
    }

    /// <returns>0 where nothing was lost and less than a thousandth of the requests was repeated.</returns>
    private static async Task<int> RunAsync(TimeSpan pause, TimeSpan drain, int clients, CancellationToken ct)
    {
        await using var nimbus = await RunningNimbus.StartAsync(
            ["--Nimbus:RateLimit:Enabled=false", $"--Nimbus:Shutdown:Drain={drain:c}", .. Services.Select(service => $"--Replicas:{service}=2")], ct);
        using var gateway = new HttpClient { BaseAddress = nimbus.Gateway };
        using var api = new NimbusApi(gateway);
        await api.RegisterAsync($"{Guid.CreateVersion7():N}@example.com", "correct horse battery", ct: ct);
        var project = await api.CreateProjectAsync("Rolling", ct: ct);
        var ledger = new Ledger();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var senders = new List<Task>();
        for (var client = 0; client < clients; client++)
        {
            foreach (var way in new Way[] { new ByClient(gateway, project), new BySignature(gateway, project), new BySdk(gateway, project) })
                senders.Add(SendAsync(way, $"{client}", ledger, end.Token, ct));
        }
        var asking = AskAsync(api, project.Project.Id, end.Token);
        await Task.Delay(pause, ct);

        var clock = Stopwatch.StartNew();
        foreach (var id in Services.SelectMany(service => new[] { $"{service}-0", $"{service}-1" }))
        {
            var begun = clock.Elapsed;
            var before = nimbus.App.ResourceNotifications.TryGetCurrentState(id, out var state) ? ProcessOf(state.Snapshot) : null;
            if (!(await nimbus.App.ResourceCommands.ExecuteCommandAsync(id, KnownResourceCommands.RestartCommand, ct)).Success)
                throw new InvalidOperationException($"{id} was not restarted.");
            await ReadyAsync(nimbus, id, before, ct);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,6:0.0} s  {id} was replaced in {(clock.Elapsed - begun).TotalSeconds:0.0} s"));
            await Task.Delay(pause, ct);
        }
        var lasted = clock.Elapsed;
        await end.CancelAsync();
        await Task.WhenAll(senders).WaitAsync(Patience, ct);
        var (asked, failed) = await asking;
        await StoredAsync(nimbus, ct);
        var stored = await CountsAsync(nimbus, project.Project.Id, ct);
        var acknowledged = ledger.AcknowledgedIds.ToList();
        var (requests, repeats) = (ledger.Ways.Values.Sum(way => way.Requests), ledger.Ways.Values.Sum(way => way.Repeats));
        var (lost, doubled) = (acknowledged.Count(id => !stored.ContainsKey(id)), stored.Count(id => id.Value > 1));
        var share = repeats / (double)Math.Max(requests, 1);
        Report.Print("rolling", await Machine.ThisAsync(nimbus.Events, ct), new
        {
            restarts = Services.Length * 2,
            seconds = Math.Round(lasted.TotalSeconds),
            requests,
            repeats,
            repeated_share = Math.Round(share, 6),
            lost,
            doubled,
            questions = asked,
            questions_failed = failed,
            longest_silence_seconds = Math.Round(ledger.LongestSilence.TotalSeconds, 1),
        }, new Table("rolling restart", "")
            .Add("processes replaced", $"{Services.Length * 2}")
            .Add("requests of events", $"{requests:N0}")
            .Add("repeated by the client", $"{repeats:N0} ({share:P3})")
            .Add("events lost", $"{lost:N0}")
            .Add("events stored twice", $"{doubled:N0}")
            .Add("questions", $"{asked:N0}")
            .Add("questions that failed", $"{failed:N0}")
            .Add("longest time without an answer of success", $"{ledger.LongestSilence.TotalSeconds:0.0} s"));
        return lost == 0 && doubled == 0 && share < 0.001 ? 0 : 1;
    }

    private static async Task SendAsync(Way way, string client, Ledger ledger, CancellationToken end, CancellationToken ct)
    {
        for (var batch = 0; !end.IsCancellationRequested; batch++)
        {
            var ids = Enumerable.Range(0, 10).Select(i => $"{client}-{way.Name}-{batch}-{i}").ToArray();
            ledger.Sending(way.Name, ids);
            if (await way.SendAsync(ids, () => ledger.Repeating(way.Name), ct))
                ledger.Acknowledged(ids);
        }
    }

    private static async Task<(int Asked, int Failed)> AskAsync(NimbusApi api, Guid project, CancellationToken end)
    {
        var (asked, failed) = (0, 0);
        while (!end.IsCancellationRequested)
        {
            asked++;
            try
            {
                await api.GetTopEventsAsync(project, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), 10, CancellationToken.None);
            }
            catch (Exception failure) when (failure is HttpRequestException or NimbusException)
            {
                failed++;
            }
        }
        return (asked, failed);
    }

    /// <summary>
    /// Another process runs and says itself that it is ready, as an orchestrator asks each replica. The host asks the address
    /// that replicas share, and there the other one answers.
    /// </summary>
    private static async Task ReadyAsync(RunningNimbus nimbus, string id, object? processBefore, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Patience);
        using var client = new HttpClient();
        while (true)
        {
            if (nimbus.App.ResourceNotifications.TryGetCurrentState(id, out var state)
                && ProcessOf(state.Snapshot) is { } process && !process.Equals(processBefore) && AddressOf(state.Snapshot) is { } address)
            {
                try
                {
                    using var answer = await client.GetAsync(new Uri(address, "/readiness"), bound.Token);
                    if (answer.IsSuccessStatusCode)
                        return;
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet.
                }
            }
            await Task.Delay(100, bound.Token);
        }
    }

    private static object? ProcessOf(CustomResourceSnapshot snapshot) =>
        snapshot.State?.Text == KnownResourceStates.Running ? snapshot.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value : null;

    /// <summary>Where the process itself listens, behind an address that it may share.</summary>
    private static Uri? AddressOf(CustomResourceSnapshot snapshot) =>
        snapshot.EnvironmentVariables.FirstOrDefault(variable => variable.Name == "ASPNETCORE_URLS")?.Value?.Split(';')
            .Where(url => url.StartsWith("http://", StringComparison.Ordinal)).Select(url => new Uri(url)).FirstOrDefault();

    private static async Task StoredAsync(RunningNimbus nimbus, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Patience);
        using var redis = await ConnectionMultiplexer.ConnectAsync(await nimbus.ConnectionStringAsync("redis", ct));
        while ((long)await redis.GetDatabase().ExecuteAsync("XLEN", (RedisKey)"nimbus:events:{0}") > 0)
            await Task.Delay(200, bound.Token);
    }

    private static async Task<Dictionary<string, long>> CountsAsync(RunningNimbus nimbus, Guid project, CancellationToken ct)
    {
        await using var command = nimbus.Events.CreateCommand("SELECT props ->> 'id', count(*) FROM events WHERE project_id = $1 GROUP BY 1");
        command.CommandTimeout = 0;
        command.Parameters.AddWithValue(project);
        var counts = new Dictionary<string, long>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            counts[reader.GetString(0)] = reader.GetInt64(1);
        return counts;
    }
}
