using System.CommandLine;
using System.Globalization;
using Nimbus.Client;

namespace Nimbus.Benchmarks.Kill;

/// <summary><c>kill</c>: whether a 202 is kept while processes die, for ten minutes and fifty kills.</summary>
internal static class KillCommand
{
    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "How long clients send.", DefaultValueFactory = _ => 600 };
        var kills = new Option<int>("--kills") { Description = "How many processes are killed meanwhile.", DefaultValueFactory = _ => 50 };
        var seed = new Option<int>("--seed") { Description = "Of what is chosen at random.", DefaultValueFactory = _ => Random.Shared.Next() };
        var command = new Command("kill", "Kills intake, writer, Redis and PostgreSQL at random under load, and compares what was acknowledged with what is stored.")
        {
            seconds, kills, seed,
        };
        command.SetAction(async (parsed, ct) => await RunAsync(
            new KillPlan(parsed.GetValue(seed), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(kills), TimeSpan.FromMilliseconds(50)), ct));
        return command;
    }

    /// <returns>0 where every promise was kept.</returns>
    private static async Task<int> RunAsync(KillPlan plan, CancellationToken ct)
    {
        await using var nimbus = await RunningNimbus.StartAsync(["--Nimbus:RateLimit:Enabled=false"], ct);
        using var gateway = new HttpClient { BaseAddress = nimbus.Gateway };
        using var api = new NimbusApi(gateway);
        await api.RegisterAsync($"{Guid.CreateVersion7():N}@example.com", "correct horse battery", ct: ct);
        var target = new KillTarget(
            nimbus.App, gateway, await api.CreateProjectAsync("Killed", ct: ct),
            await nimbus.ConnectionStringAsync("eventsdb", ct), await nimbus.ConnectionStringAsync("redis", ct));
        if (plan.Victims.FirstOrDefault(victim => target.ProcessOf(victim) is null) is { } unknown)
        {
            await Console.Error.WriteLineAsync($"This host tells no process of {unknown}: run it on the stand-ins (standins/README.md).");
            return 2;
        }
        Console.WriteLine($"Seed {plan.Seed}");
        var outcome = await new KillRun(target, plan).RunAsync(Console.WriteLine, ct);
        Print(outcome, await Machine.ThisAsync(nimbus.Events, ct));
        return outcome.IsKept ? 0 : 1;
    }

    private static void Print(KillOutcome outcome, Machine machine)
    {
        var ways = new Table("way of sending", "requests", "repeated");
        foreach (var (way, (requests, repeats)) in outcome.Ways.OrderBy(way => way.Key, StringComparer.Ordinal))
            ways.Add(way, $"{requests:N0}", $"{repeats:N0}");
        var kills = new Table("killed", "times");
        foreach (var (resource, times) in outcome.Kills)
            kills.Add(resource, times.ToString(CultureInfo.InvariantCulture));
        var events = new Table("events", "")
            .Add("sent", $"{outcome.Sent:N0}")
            .Add("acknowledged", $"{outcome.Acknowledged:N0}")
            .Add("stored", $"{outcome.Stored:N0}")
            .Add("lost", $"{outcome.Lost.Count:N0}")
            .Add("stored twice", $"{outcome.Doubled.Count:N0}")
            .Add("never sent", $"{outcome.NeverSent.Count:N0}")
            .Add("longest time without an answer of success", $"{outcome.LongestSilence.TotalSeconds:0.0} s")
            .Add("all stored after the last request", $"{outcome.Caught.TotalSeconds:0.0} s");
        Report.Print("kill", machine, new
        {
            outcome.Seed,
            seconds = Math.Round(outcome.Lasted.TotalSeconds),
            outcome.Kills,
            outcome.Sent,
            outcome.Acknowledged,
            outcome.Stored,
            lost = outcome.Lost.Count,
            doubled = outcome.Doubled.Count,
            never_sent = outcome.NeverSent.Count,
            longest_silence_seconds = Math.Round(outcome.LongestSilence.TotalSeconds, 1),
            caught_up_seconds = Math.Round(outcome.Caught.TotalSeconds, 1),
        }, kills, ways, events);
    }
}
