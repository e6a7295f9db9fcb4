using System.CommandLine;

namespace Nimbus.Benchmarks.Ingest;

/// <summary><c>ingest</c>: events per second stored, beside what the database does for the same SQL alone.</summary>
internal static class IngestCommand
{
    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "How long each load runs.", DefaultValueFactory = _ => 60 };
        var command = new Command("ingest", "Events per second accepted and stored, beside the SQL alone.") { seconds };
        command.SetAction(async (parsed, ct) =>
        {
            await using var nimbus = await RunningNimbus.StartAsync(["--Nimbus:RateLimit:PerKeyPerMinute=100000000"], ct);
            await IngestBenchmark.RunAsync(nimbus, TimeSpan.FromSeconds(parsed.GetValue(seconds)), ct);
        });
        return command;
    }
}
