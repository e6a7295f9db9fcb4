using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

/// <summary>Ends the process with one line and exit code 1 where the operator, not the programmer, has something to mend.</summary>
internal static class StartupFailures
{
    private static int installed;

    /// <summary>From now on; further calls do nothing.</summary>
    public static void Install()
    {
        if (Interlocked.Exchange(ref installed, 1) == 0)
            AppDomain.CurrentDomain.UnhandledException += static (_, unhandled) =>
            {
                if (unhandled.ExceptionObject is not Exception exception || Describe(exception) is not { } line)
                    return;
                Console.Error.WriteLine(line);
                Console.Error.Flush();
                Environment.Exit(1);
            };
    }

    /// <summary>The line for the operator, or null where a stack trace serves better.</summary>
    internal static string? Describe(Exception exception) => exception switch
    {
        StartupException startup => OneLine(startup.Message),
        OptionsValidationException invalid => OneLine(StartupChecks.Describe(invalid)),
        InvalidOperationException unbound when StartupChecks.IsUnbound(unbound) => OneLine(unbound.Message),
        IOException { InnerException: AddressInUseException } taken =>
            OneLine($"{taken.Message} Stop what listens there, or set ASPNETCORE_URLS to another address."),
        _ => null,
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
