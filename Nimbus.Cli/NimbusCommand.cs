using System.CommandLine;
using Nimbus.Cli.Backup;
using Nimbus.Cli.DeadLetters;
using Nimbus.Cli.Demo;
using Nimbus.Cli.Doctor;
using Nimbus.Cli.Export;
using Nimbus.Cli.Import;
using Nimbus.Cli.Keys;
using Nimbus.Cli.Samples;
using Nimbus.Cli.Users;
using Nimbus.Client;
using Npgsql;

namespace Nimbus.Cli;

/// <summary>The command line as a whole: its list of commands, and what becomes of their failures.</summary>
internal static class NimbusCommand
{
    /// <summary>Runs one command line and answers its exit code; never throws for what a user can cause.</summary>
    public static async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, CancellationToken ct = default)
    {
        var root = new RootCommand("Nimbus, product analytics on your own machines.")
        {
            ImportCommand.Create(),
            ExportCommand.Create(),
            DemoCommand.Create(),
            SampleCommand.Create(),
            UsersCommand.Create(),
            KeysCommand.Create(),
            DeadLettersCommand.Create(),
            BackupCommand.Create(),
            RestoreCommand.Create(),
            DoctorCommand.Create(),
        };
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // Signals arrive as the token: a command may need seconds to end in good order.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await root.Parse(args).InvokeAsync(configuration, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return ExitCode.Stopped;
        }
        catch (Exception e) when (e is CliException or NimbusException or NpgsqlException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"nimbus: {OneLine(e.Message)}");
            return ExitCode.Failed;
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
