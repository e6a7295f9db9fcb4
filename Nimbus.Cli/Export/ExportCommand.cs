using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using Nimbus.Client;

namespace Nimbus.Cli.Export;

/// <summary><c>nimbus export</c>: the events of a project into a file that <c>nimbus import</c> reads.</summary>
internal static class ExportCommand
{
    private const string Csv = "csv";
    private const string JsonLines = "jsonl";
    private const string TokenVariable = "NIMBUS_TOKEN";

    public static Command Create()
    {
        var project = new Option<Guid>("--project") { Description = "Id of the project.", Required = true, HelpName = "id" };
        var from = new Option<string?>("--from") { Description = "The first day (2026-03-01), or an RFC 3339 time.", HelpName = "time" };
        var to = new Option<string?>("--to") { Description = "The last day, or the time before which.", HelpName = "time" };
        var format = new Option<string?>("--format")
        {
            Description = "jsonl: every field. csv: event_id,occurred_at,user_id,event_type,properties_json. By default as the file is named, else jsonl.",
        };
        format.AcceptOnlyFromAmong(JsonLines, Csv);
        var file = new Option<string>("--output", "-o") { Description = "The file to write; compressed where its name ends in .gz.", Required = true, HelpName = "file" };
        var url = ServerAddress.Option();
        var token = new Option<string?>("--token")
        {
            Description = $"Personal access token of a member of the project, with scope read ({TokenVariable}).",
            HelpName = "nbp_…",
        };
        var command = new Command("export", "Write the events of a project to a file, oldest first.") { project, from, to, format, file, url, token };
        command.SetAction((parsed, ct) =>
        {
            var path = parsed.GetRequiredValue(file);
            var query = new ExportQuery(parsed.GetValue(project))
            {
                From = parsed.GetValue(from),
                To = parsed.GetValue(to),
                Csv = (parsed.GetValue(format) ?? FormatOf(path)) == Csv,
            };
            return RunAsync(
                query, path, parsed.GetRequiredValue(url), Required(parsed.GetValue(token)),
                parsed.InvocationConfiguration.Output, ct);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        ExportQuery query, string path, Uri url, string token, TextWriter output, CancellationToken ct)
    {
        // Under another name until it is whole, so that a file of the name asked for never lacks events.
        var unfinished = path + ".part";
        using var api = new NimbusApi(url) { AccessToken = token };
        try
        {
            await using (var file = Open(unfinished, compressed: IsGzip(path)))
                await api.ExportEventsAsync(query, file, ct);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
        File.Move(unfinished, path, overwrite: true);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{path}: {new FileInfo(path).Length:N0} bytes"));
        return ExitCode.Done;
    }

    private static Stream Open(string path, bool compressed)
    {
        var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 64 << 10);
        return compressed ? new GZipStream(file, CompressionLevel.Fastest) : file;
    }

    private static string FormatOf(string path) =>
        (IsGzip(path) ? path[..^3] : path).EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? Csv : JsonLines;

    private static bool IsGzip(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    // Not as the option's default, which --help prints.
    private static string Required(string? token) => (token ?? Environment.GetEnvironmentVariable(TokenVariable))?.Trim() is { Length: > 0 } found
        ? found
        : throw new CliException($"a token is needed: make one with scope read (POST /v1/auth/tokens) and set {TokenVariable}.");
}
