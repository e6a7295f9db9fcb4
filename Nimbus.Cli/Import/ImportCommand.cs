using System.CommandLine;
using System.Globalization;
using Nimbus.Client;

namespace Nimbus.Cli.Import;

/// <summary><c>nimbus import FILE</c>: a file of events into a project, each row once.</summary>
internal static class ImportCommand
{
    private const string HowToGoOn = "the same command goes on from there.";

    public static Command Create()
    {
        var file = new Argument<string>("FILE")
        {
            Description = "CSV (event_id,occurred_at,user_id,event_type,properties_json), JSON lines, or a file of Mixpanel's /export; may be gzipped.",
        };
        var url = ServerAddress.Option();
        var keyId = new Option<string?>("--key-id") { Description = "The project's key id, nbk_… (NIMBUS_KEY_ID).", HelpName = "id" };
        var secret = new Option<string?>("--secret")
        {
            Description = "The key's secret, nbs_…; better in NIMBUS_SECRET, where no process list shows it.",
            HelpName = "secret",
        };
        var batchSize = Number("--batch-size", 1000, EventBatchBuilder.MaxEvents, "Events in a request.");
        var inFlight = Number("--in-flight", 4, 64, "Requests under way at a time.");
        var giveUpAfter = new Option<TimeSpan>("--give-up-after")
        {
            Description = "How long to go on trying while the server is away: 90s, 15m, 2h.",
            DefaultValueFactory = _ => TimeSpan.FromMinutes(15),
            CustomParser = Duration.Parse,
            HelpName = "time",
        };
        var restart = new Option<bool>("--restart") { Description = "Import from the beginning, whatever an earlier run did." };

        var command = new Command("import", "Import events from a file. Stop it any time: the same command goes on where it stopped.")
        {
            file, url, keyId, secret, batchSize, inFlight, giveUpAfter, restart,
        };
        command.SetAction((parsed, ct) => RunAsync(
            new ImportSettings(
                parsed.GetRequiredValue(file),
                parsed.GetRequiredValue(url),
                Given(parsed.GetValue(keyId), "--key-id", "NIMBUS_KEY_ID"),
                Given(parsed.GetValue(secret), "--secret", "NIMBUS_SECRET"),
                parsed.GetValue(batchSize),
                parsed.GetValue(inFlight),
                parsed.GetValue(giveUpAfter),
                parsed.GetValue(restart)),
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error,
            ct));
        return command;
    }

    private static async Task<int> RunAsync(ImportSettings settings, TextWriter output, TextWriter error, CancellationToken ct)
    {
        var progress = new ImportProgress(TimeProvider.System);
        using var importer = new Importer(settings, progress, TimeProvider.System);
        var import = Task.Run(() => importer.RunAsync(ct), CancellationToken.None);
        try
        {
            await ImportDisplay.ShowAsync(import, progress, error);
            await import;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await error.WriteLineAsync(Invariant($"nimbus: stopped after {importer.Totals.Rows:N0} rows; {HowToGoOn}"));
            return ExitCode.Stopped;
        }
        catch (NimbusException e)
        {
            await error.WriteLineAsync(Invariant($"nimbus: {e.Message}"));
            await error.WriteLineAsync(Invariant($"nimbus: {importer.Totals.Rows:N0} rows are in; {HowToGoOn}"));
            return ExitCode.Failed;
        }
        catch (InvalidDataException e)
        {
            throw new CliException($"{settings.File} is damaged: {e.Message} Mend it and import it with --restart.");
        }
        await SummariseAsync(importer, output);
        return importer.Totals.Rejected == 0 ? ExitCode.Done : ExitCode.SomeRejected;
    }

    private static async Task SummariseAsync(Importer importer, TextWriter output)
    {
        var totals = importer.Totals;
        var rate = totals.Seconds > 0 ? totals.Rows / totals.Seconds : 0;
        if (importer.Resumed > 0)
            await output.WriteLineAsync(Invariant($"resumed after    {importer.Resumed,12:N0} rows of an earlier run"));
        await output.WriteLineAsync(Invariant($"rows             {totals.Rows,12:N0}"));
        await output.WriteLineAsync(Invariant($"accepted         {totals.Accepted,12:N0}"));
        await output.WriteLineAsync(Invariant($"duplicates       {totals.Duplicates,12:N0}"));
        var where = totals.Rejected > 0 ? $"   {importer.RejectsPath}" : "";
        await output.WriteLineAsync(Invariant($"rejected         {totals.Rejected,12:N0}{where}"));
        await output.WriteLineAsync(Invariant($"seconds          {totals.Seconds,12:N1}"));
        await output.WriteLineAsync(Invariant($"events/s         {rate,12:N0}"));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Given(string? option, string optionName, string environmentName) =>
        (option ?? Environment.GetEnvironmentVariable(environmentName)) is { Length: > 0 } value
            ? value
            : throw new CliException($"{optionName} is missing; give it or set {environmentName}.");

    private static Option<int> Number(string name, int usual, int most, string description)
    {
        var option = new Option<int>(name)
        {
            Description = $"{description} 1 to {most}.",
            DefaultValueFactory = _ => usual,
            HelpName = "n",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var value) && (value < 1 || value > most))
                result.AddError($"{name} must be 1 to {most}.");
        });
        return option;
    }
}
