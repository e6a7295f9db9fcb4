using System.CommandLine;

namespace Nimbus.Benchmarks.Ingest;

/// <summary><c>ingest</c>: events per second stored, beside what the database does for the same SQL alone.</summary>
internal static class IngestCommand
{
    public static Command Create()
    {
        var full = new IngestPlan();
        var small = IngestPlan.Short;
        var isShort = new Option<bool>("--short")
        {
            Description = $"A first look in two minutes: {small.Repeats} load of {small.Seconds} s over {small.Keys:N0} keys. What follows may change it.",
        };
        var seconds = Number("--seconds", $"How long each load runs; {full.Seconds} unless set.");
        var repeats = Number("--repeats", $"How often load and yardstick run, in turn; {full.Repeats} unless set.");
        var keys = Number("--keys", $"Keys there are beforehand in each of the two generations; {full.Keys:N0} unless set.");
        var clients = Number("--clients", $"Senders of batches; {full.Clients} unless set.");
        var skipSingles = new Option<bool>("--no-singles") { Description = "Without requests of one event." };
        var skipBatches = new Option<bool>("--no-batches") { Description = "Only requests of one event." };
        var command = new Command("ingest", "Events per second accepted and stored, beside the SQL alone; and requests of one event.")
        {
            isShort, seconds, repeats, keys, clients, skipSingles, skipBatches,
        };
        command.SetAction((parsed, ct) =>
        {
            var plan = parsed.GetValue(isShort) ? small : full;
            return IngestBenchmark.RunAsync(
                plan with
                {
                    Seconds = parsed.GetValue(seconds) ?? plan.Seconds,
                    Repeats = parsed.GetValue(repeats) ?? plan.Repeats,
                    Keys = parsed.GetValue(keys) ?? plan.Keys,
                    Clients = parsed.GetValue(clients) ?? plan.Clients,
                    Singles = !parsed.GetValue(skipSingles),
                    Batches = !parsed.GetValue(skipBatches),
                },
                ct);
        });
        return command;
    }

    private static Option<int?> Number(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 1)
                result.AddError($"{name} must be 1 or more.");
        });
        return option;
    }
}

/// <summary>What is measured, and for how long.</summary>
internal sealed record IngestPlan
{
    public static IngestPlan Short { get; } = new() { Seconds = 10, Repeats = 1, Keys = 1_000_000 };

    /// <summary>Of each load of batches. The yardstick and the other figures take a third of it.</summary>
    public int Seconds { get; init; } = 60;

    public int Repeats { get; init; } = 3;

    /// <summary>Keys that are stored before, in each of the two generations.</summary>
    public int Keys { get; init; } = 10_000_000;

    public int Clients { get; init; } = 4;

    public bool Singles { get; init; } = true;

    public bool Batches { get; init; } = true;

    public TimeSpan Load => TimeSpan.FromSeconds(Seconds);

    public TimeSpan Other => TimeSpan.FromSeconds(Math.Max(5, Seconds / 3));
}
