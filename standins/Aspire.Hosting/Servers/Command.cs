using System.Diagnostics;

namespace Aspire.Hosting.Servers;

/// <summary>A tool run to its end.</summary>
/// <param name="Output">What it wrote to both of its streams, line by line.</param>
internal sealed record Command(int ExitCode, IReadOnlyList<string> Output)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last thing it said: where tools put the reason.</summary>
    public string LastLine =>
        Output.LastOrDefault(line => !string.IsNullOrWhiteSpace(line))?.Trim() ?? $"exit code {ExitCode}";

    /// <exception cref="System.ComponentModel.Win32Exception">The file cannot be executed.</exception>
    public static async Task<Command> RunAsync(
        string fileName,
        IEnumerable<string> arguments,
        CancellationToken ct,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = new Process { StartInfo = StartInfo(fileName, arguments, environment) };
        var output = new List<string>();
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return new Command(process.ExitCode, output);

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (output)
            {
                if (line.Data is { } text)
                    output.Add(text);
            }
        }
    }

    private static ProcessStartInfo StartInfo(
        string fileName, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Any user can be there, which our own folder need not be for the user that the tool changes to.
            WorkingDirectory = "/",
        };
        // Their words are read here, so they must not follow the user's language.
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return start;
    }
}
