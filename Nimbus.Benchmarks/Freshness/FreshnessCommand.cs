using System.CommandLine;

namespace Nimbus.Benchmarks.Freshness;

/// <summary><c>freshness</c>: how long after its 202 an event is in the answers.</summary>
internal static class FreshnessCommand
{
    public static Command Create()
    {
        var samples = new Option<int>("--samples") { Description = "Events that are watched, one after the other.", DefaultValueFactory = _ => 500 };
        var load = new Option<int>("--load") { Description = "Events a second that are sent beside them, in batches of 100.", DefaultValueFactory = _ => 2_000 };
        var command = new Command("freshness", "From the 202 of an event to the first answer that contains it, through the gateway.") { samples, load };
        command.SetAction((parsed, ct) => FreshnessBenchmark.RunAsync(parsed.GetValue(samples), parsed.GetValue(load), ct));
        return command;
    }
}
