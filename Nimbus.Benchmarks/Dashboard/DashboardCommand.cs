using System.CommandLine;

namespace Nimbus.Benchmarks.Dashboard;

/// <summary><c>dashboard</c>: what a browser says of the dashboard, beside its goals.</summary>
internal static class DashboardCommand
{
    public static Command Create()
    {
        var events = new Option<long>("--events") { Description = "Events of the data set.", DefaultValueFactory = _ => 10_000_000 };
        var people = new Option<int>("--people") { Description = "People of the data set.", DefaultValueFactory = _ => 100_000 };
        var runs = new Option<int>("--runs") { Description = "Each page is loaded and each click made so often; the middle one counts.", DefaultValueFactory = _ => 9 };
        var command = new Command("dashboard", "The dashboard in a real browser: its size, its first load, and the time from a click to a drawn chart.")
        {
            events, people, runs,
        };
        command.SetAction((parsed, ct) => DashboardBenchmark.RunAsync(
            parsed.GetValue(events), parsed.GetValue(people), parsed.GetValue(runs), ct));
        return command;
    }
}
