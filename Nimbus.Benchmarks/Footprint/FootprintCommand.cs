using System.CommandLine;
using System.Diagnostics;
using Nimbus.Benchmarks.Ingest;

namespace Nimbus.Benchmarks.Footprint;

/// <summary><c>footprint</c>: what the whole system takes, both databases included, with nothing to do and under load.</summary>
internal static class FootprintCommand
{
    private const int Batch = 1_000;

    public static Command Create()
    {
        var rate = new Option<int>("--rate") { Description = "Events a second, in batches of a thousand.", DefaultValueFactory = _ => 10_000 };
        var seconds = new Option<int>("--seconds") { Description = "How long they are sent.", DefaultValueFactory = _ => 60 };
        var command = new Command("footprint", "The memory of the whole system at idle and while events come, shared pages counted once.") { rate, seconds };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(rate), TimeSpan.FromSeconds(parsed.GetValue(seconds)), ct));
        return command;
    }

    /// <returns>0 where both are below the goal.</returns>
    private static async Task<int> RunAsync(int rate, TimeSpan duration, CancellationToken ct)
    {
        const double Goal = 1_500;
        await using var nimbus = await RunningNimbus.StartAsync(["--Nimbus:RateLimit:Enabled=false"], ct);
        var project = await LoadProject.CreateAsync(nimbus.Gateway, ct);
        // Once everything has settled that a start brings with it.
        await Task.Delay(TimeSpan.FromSeconds(20), ct);
        var idle = await UseAsync(nimbus, ct);

        using var sender = new SignedSender(nimbus.Gateway, project);
        var bodies = new EventBodies(0, Batch, 100_000);
        var clock = Stopwatch.StartNew();
        var most = idle.ToDictionary(use => use.Key, _ => 0.0);
        var sent = 0L;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds((double)Batch / rate));
        var sending = new List<Task>();
        var looked = TimeSpan.Zero;
        while (clock.Elapsed < duration && await timer.WaitForNextTickAsync(ct))
        {
            sending.RemoveAll(task => task.IsCompletedSuccessfully);
            sending.Add(sender.SendAsync([.. bodies.Next(DateTimeOffset.UtcNow, 0)], ct));
            sent += Batch;
            if (clock.Elapsed - looked < TimeSpan.FromSeconds(2))
                continue;
            looked = clock.Elapsed;
            var now = await UseAsync(nimbus, ct);
            // The whole at its largest moment, not the sum of everybody's.
            if (now.Values.Sum() > most.Values.Sum())
                most = now;
        }
        await Task.WhenAll(sending);
        var perSecond = sent / clock.Elapsed.TotalSeconds;

        var table = new Table("process", "idle MB", "under load MB");
        foreach (var (resource, megabytes) in idle)
            table.Add(resource, $"{megabytes:0}", $"{most[resource]:0}");
        table.Add("all", $"{idle.Values.Sum():0}", $"{most.Values.Sum():0}");
        Report.Print("footprint", await Machine.ThisAsync(nimbus.Events, ct), new
        {
            events_per_second = Math.Round(perSecond),
            idle_mb = Math.Round(idle.Values.Sum()),
            loaded_mb = Math.Round(most.Values.Sum()),
            goal_mb = Goal,
            idle,
            loaded = most,
        }, table, new Table("load", "").Add("events/s sent", $"{perSecond:N0}"));
        return Math.Max(idle.Values.Sum(), most.Values.Sum()) < Goal ? 0 : 1;
    }

    private static async Task<Dictionary<string, double>> UseAsync(RunningNimbus nimbus, CancellationToken ct)
    {
        var use = new Dictionary<string, double>();
        foreach (var resource in SystemUse.Resources)
            use[resource] = (ProcessUse.TreeMemoryBytes(await nimbus.ProcessIdAsync(resource, ct)) ?? 0) / 1e6;
        return use;
    }
}
