using System.CommandLine;
using System.Globalization;

namespace Nimbus.Cli.Samples;

/// <summary><c>nimbus sample</c>: an invented shop's events, and what is true of them.</summary>
internal static class SampleCommand
{
    public static Command Create()
    {
        var events = Number("--events", 3000, "Rows in all.");
        var people = Number("--people", 300, "Shoppers there are.");
        var days = Number("--days", 28, "Days they span.");
        var seed = new Option<ulong>("--seed") { Description = "The same seed gives the same file.", DefaultValueFactory = _ => 1, HelpName = "n" };
        var start = new Option<DateOnly>("--start")
        {
            Description = "The first day (UTC).",
            DefaultValueFactory = _ => new DateOnly(2026, 1, 5),
            CustomParser = argument =>
            {
                if (DateOnly.TryParseExact(
                    argument.Tokens[0].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
                    return date;
                argument.AddError($"'{argument.Tokens[0].Value}' is no date; write 2026-01-05.");
                return default;
            },
            HelpName = "date",
        };
        var file = new Option<string>("--out") { Description = "File to write: .csv or .csv.gz.", Required = true, HelpName = "file" };

        var command = new Command("sample", "Write invented events in the import layout, and beside them what is true of them.")
        {
            events, people, days, seed, start, file,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var path = parsed.GetRequiredValue(file);
            var settings = new SampleSettings(
                parsed.GetValue(events), parsed.GetValue(people), parsed.GetValue(days), parsed.GetValue(seed), parsed.GetValue(start));
            var rows = SampleFile.Write(path, SampleGenerator.Generate(settings), ct);
            var truth = SampleTruth.PathFor(path);
            await File.WriteAllTextAsync(truth, SampleTruth.Of(path).ToJson(), ct);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"{rows:N0} events in {path}, their truths in {truth}"));
            return ExitCode.Done;
        });
        return command;
    }

    private static Option<int> Number(string name, int usual, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "n" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var value) && value < 1)
                result.AddError($"{name} must be at least 1.");
        });
        return option;
    }
}
