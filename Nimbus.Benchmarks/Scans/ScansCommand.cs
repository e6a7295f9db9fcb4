using System.CommandLine;
using Nimbus.Benchmarks.Query;

namespace Nimbus.Benchmarks.Scans;

/// <summary><c>scans</c>: what answering takes the engine itself, without HTTP, PostgreSQL and whatever is kept.</summary>
internal static class ScansCommand
{
    public static Command Create()
    {
        var events = new Option<long>("--events") { Description = "Events of the data set.", DefaultValueFactory = _ => 10_000_000 };
        var people = new Option<int>("--people") { Description = "People of the data set.", DefaultValueFactory = _ => 100_000 };
        var minutes = new Option<bool>("--whole-minutes") { Description = "Times have no seconds." };
        var merged = new Option<bool>("--merged") { Description = "One id in five belongs to the person of the one before it." };
        var threads = new Option<int>("--threads") { Description = "Threads of a question; 0 is one for each processor." };
        var runs = new Option<int>("--runs") { Description = "Each question is asked so often; the middle answer counts.", DefaultValueFactory = _ => 15 };
        var only = new Option<string?>("--only") { Description = "The questions whose name contains this." };
        var keep = new Option<DirectoryInfo?>("--keep") { Description = "A folder where the segments stay for the next time." };
        var command = new Command("scans", "The engine's scans by themselves, over segments made without a database.")
        {
            events, people, minutes, merged, threads, runs, only, keep,
        };
        command.SetAction(parsed => ScansBenchmark.Run(
            new DataSet(parsed.GetValue(events), parsed.GetValue(people), parsed.GetValue(minutes)), parsed.GetValue(merged),
            parsed.GetValue(threads), parsed.GetValue(runs), parsed.GetValue(only), parsed.GetValue(keep)));
        return command;
    }
}
