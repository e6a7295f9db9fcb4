using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nimbus.Client;

namespace Nimbus.Cli.DeadLetters;

/// <summary><c>nimbus dead-letters</c>: the events of a project that could not be stored.</summary>
internal static class DeadLettersCommand
{
    public static Command Create() => new("dead-letters", "Look after events that could not be stored.")
    {
        List(), Replay(), Delete(),
    };

    private static Command List()
    {
        var call = new Call();
        var command = new Command("list", "Print the letters, one JSON object a line, those received first coming first.");
        call.AddTo(command);
        command.SetAction((parsed, ct) => call.RunAsync(parsed, (api, project) => ListAsync(api, project, parsed.InvocationConfiguration.Output, ct)));
        return command;
    }

    private static Command Replay()
    {
        var call = new Call();
        var letter = new Argument<Guid?>("letter") { Description = "Id of one letter; without it, all.", Arity = ArgumentArity.ZeroOrOne };
        var corrected = new Option<string?>("--event")
        {
            Description = "File with the event to store in its place, as POST /v1/events takes one.",
            HelpName = "file",
        };
        var command = new Command("replay", "Store letters again. A letter is gone once its event is stored.") { letter, corrected };
        call.AddTo(command);
        command.SetAction((parsed, ct) => call.RunAsync(parsed, (api, project) => ReplayAsync(
            api, project, parsed.GetValue(letter), parsed.GetValue(corrected), parsed.InvocationConfiguration.Output, ct)));
        return command;
    }

    private static Command Delete()
    {
        var call = new Call();
        var letter = new Argument<Guid?>("letter") { Description = "Id of the letter.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Delete all letters of the project." };
        var command = new Command("delete", "Give up letters for good.") { letter, all };
        call.AddTo(command);
        command.SetAction((parsed, ct) => call.RunAsync(parsed, (api, project) => DeleteAsync(
            api, project, parsed.GetValue(letter), parsed.GetValue(all), parsed.InvocationConfiguration.Output, ct)));
        return command;
    }

    private static async Task<int> ListAsync(NimbusApi api, Guid project, TextWriter output, CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await api.GetDeadLettersAsync(project, 1000, cursor, ct);
            foreach (var letter in page.DeadLetters)
                await output.WriteLineAsync(JsonSerializer.Serialize(letter, JsonLines));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return ExitCode.Done;
    }

    private static async Task<int> ReplayAsync(
        NimbusApi api, Guid project, Guid? letter, string? correctedFile, TextWriter output, CancellationToken ct)
    {
        if (letter is { } id)
        {
            await api.ReplayDeadLetterAsync(project, id, correctedFile is null ? null : await ReadEventAsync(correctedFile, ct), ct);
            await output.WriteLineAsync("1 letter is on its way.");
            return ExitCode.Done;
        }
        if (correctedFile is not null)
            throw new CliException("--event corrects one letter: name it.");

        var replayed = 0;
        var stay = new List<NotReplayed>();
        string? cursor = null;
        do
        {
            var answer = await api.ReplayDeadLettersAsync(project, cursor, ct);
            replayed += answer.Replayed;
            stay.AddRange(answer.NotReplayed);
            cursor = answer.NextCursor;
        }
        while (cursor is not null);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{replayed} letters are on their way, {stay.Count} stay."));
        foreach (var left in stay)
            await output.WriteLineAsync($"{left.Id}: {left.Message}");
        return stay.Count == 0 ? ExitCode.Done : ExitCode.SomeRejected;
    }

    private static async Task<int> DeleteAsync(
        NimbusApi api, Guid project, Guid? letter, bool all, TextWriter output, CancellationToken ct)
    {
        if (all == letter is not null)
            throw new CliException("name one letter, or write --all.");
        var deleted = 1;
        if (letter is { } id)
            await api.DeleteDeadLetterAsync(project, id, ct);
        else
            deleted = await api.DeleteDeadLettersAsync(project, ct);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Letters deleted: {deleted}."));
        return ExitCode.Done;
    }

    private static async Task<JsonElement> ReadEventAsync(string file, CancellationToken ct)
    {
        try
        {
            return JsonElement.Parse(await File.ReadAllBytesAsync(file, ct));
        }
        catch (JsonException broken)
        {
            throw new CliException($"{file} is no JSON: {broken.Message}");
        }
    }

    private static JsonSerializerOptions JsonLines { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>What each of the commands is told: which project, where, and who asks.</summary>
    private sealed class Call
    {
        private readonly Option<Guid> _project = new("--project") { Description = "Id of the project.", Required = true, HelpName = "id" };
        private readonly Option<Uri> _url = ServerAddress.Option();
        private readonly Option<string?> _token = AdministratorToken.Option();

        public void AddTo(Command command)
        {
            command.Options.Add(_project);
            command.Options.Add(_url);
            command.Options.Add(_token);
        }

        public async Task<int> RunAsync(ParseResult parsed, Func<NimbusApi, Guid, Task<int>> run)
        {
            using var api = new NimbusApi(parsed.GetRequiredValue(_url)) { AccessToken = AdministratorToken.Require(parsed.GetValue(_token)) };
            return await run(api, parsed.GetRequiredValue(_project));
        }
    }
}
