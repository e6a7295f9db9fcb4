using System.CommandLine;

namespace Nimbus.Benchmarks.Keeping;

/// <summary><c>backup</c> and <c>upgrade</c>: what an operator waits for.</summary>
internal static class KeepingCommands
{
    public static Command Backup()
    {
        var events = new Option<long>("--events") { Description = "Events in the database.", DefaultValueFactory = _ => 1_000_000 };
        var compress = new Option<string?>("--compress") { Description = "As nimbus backup takes it." };
        var command = new Command("backup", "Time and size of nimbus backup, and time of nimbus restore, of so many events.") { events, compress };
        command.SetAction((parsed, ct) => BackupBenchmark.RunAsync(parsed.GetValue(events), parsed.GetValue(compress), ct));
        return command;
    }

    public static Command Upgrade()
    {
        var events = new Option<long>("--events") { Description = "Events in the database.", DefaultValueFactory = _ => 10_000_000 };
        var command = new Command("upgrade", "Time from the first schema of eventsdb to today's, with so many events in it.") { events };
        command.SetAction((parsed, ct) => UpgradeBenchmark.RunAsync(parsed.GetValue(events), ct));
        return command;
    }
}
