using System.Globalization;
using System.Text.RegularExpressions;

namespace Aspire.Hosting.Servers;

/// <summary>One installed PostgreSQL.</summary>
/// <param name="BinFolder">Holds at least <c>postgres</c> and <c>initdb</c>.</param>
/// <param name="Major">The version that must match the data's: 15 to 18 are what Nimbus is written for.</param>
internal sealed partial record PostgresInstallation(string BinFolder, int Major)
{
    /// <summary>Older ones lack SQL that Nimbus uses.</summary>
    public const int OldestMajor = 15;

    public string Postgres => Path.Combine(BinFolder, "postgres");

    public string InitDb => Path.Combine(BinFolder, "initdb");

    /// <summary>The installation in that folder, or null where there is none that runs.</summary>
    public static async Task<PostgresInstallation?> ProbeAsync(string binFolder, CancellationToken ct)
    {
        var postgres = Path.Combine(binFolder, "postgres");
        if (!Machine.IsExecutable(postgres) || !Machine.IsExecutable(Path.Combine(binFolder, "initdb")))
            return null;

        // --version is answered even to root.
        var command = await Command.RunAsync(postgres, ["--version"], ct);
        var version = Version().Match(string.Join(' ', command.Output));
        return command.Succeeded && version.Success
            ? new PostgresInstallation(binFolder, int.Parse(version.Groups[1].Value, CultureInfo.InvariantCulture))
            : null;
    }

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex Version();
}
