using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Nimbus.Cli.Backup;

/// <summary>A program of PostgreSQL's on this machine.</summary>
internal sealed partial record PostgresProgram(string Path, int Major)
{
    /// <summary>The one that fits: of the wanted version, else the oldest that is newer. An older one refuses a newer server.</summary>
    /// <param name="name">pg_dump or pg_restore.</param>
    /// <param name="atLeast">The major version of the server, or of what made the file.</param>
    /// <param name="folder">Where it is; everywhere it usually is, without.</param>
    public static async Task<PostgresProgram> FindAsync(string name, int atLeast, string? folder, CancellationToken ct)
    {
        var found = new List<PostgresProgram>();
        foreach (var path in Folders(folder).Select(each => System.IO.Path.Combine(each, OperatingSystem.IsWindows() ? $"{name}.exe" : name)).Where(File.Exists).Distinct())
        {
            if (await MajorAsync(path, ct) is { } major)
                found.Add(new(path, major));
        }
        return found.Where(program => program.Major >= atLeast).MinBy(program => program.Major) ?? throw new CliException(found.Count == 0
            ? $"{name} is not on this machine: install the client of PostgreSQL {atLeast} or newer (Debian, Ubuntu: apt-get install postgresql-client), or name its folder by --pg-bin."
            : $"{name} of PostgreSQL {atLeast} or newer is needed, and here is {string.Join(", ", found.Select(program => program.Major).Distinct())}: install it, or name its folder by --pg-bin.");
    }

    /// <summary>Runs it against a database, and fails with what it said last.</summary>
    public async Task RunAsync(NpgsqlConnectionStringBuilder database, IEnumerable<string> arguments, CancellationToken ct)
    {
        var start = new ProcessStartInfo(Path)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                $"--host={database.Host}", string.Create(CultureInfo.InvariantCulture, $"--port={database.Port}"),
                $"--username={database.Username}", $"--dbname={database.Database}", "--no-password",
            },
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // Not as an argument, which everybody on the machine sees.
        start.Environment["PGPASSWORD"] = database.Password;
        start.Environment["PGSSLMODE"] = SslMode(database.SslMode);
        if (database.RootCertificate is { Length: > 0 } certificate)
            start.Environment["PGSSLROOTCERT"] = certificate;
        using var process = Process.Start(start) ?? throw new CliException($"{Path} does not start.");
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        await said;
        if (process.ExitCode != 0)
            throw new CliException($"{System.IO.Path.GetFileName(Path)} failed on {database.Database}: {(await errors).Trim()}");
    }

    private static string SslMode(SslMode mode) => mode switch
    {
        Npgsql.SslMode.Disable => "disable",
        Npgsql.SslMode.Allow => "allow",
        Npgsql.SslMode.Require => "require",
        Npgsql.SslMode.VerifyCA => "verify-ca",
        Npgsql.SslMode.VerifyFull => "verify-full",
        _ => "prefer",
    };

    private static IEnumerable<string> Folders(string? folder)
    {
        if (folder is not null)
            return [folder];
        var programs = Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles);
        return
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            .. Versions("/usr/lib/postgresql"), .. Versions("/usr/local/opt", "postgresql@*"), .. Versions("/opt/homebrew/opt", "postgresql@*"),
            .. programs.Length == 0 ? [] : Versions(System.IO.Path.Combine(programs, "PostgreSQL")),
        ];

        static IEnumerable<string> Versions(string parent, string pattern = "*") => Directory.Exists(parent)
            ? Directory.GetDirectories(parent, pattern).Select(version => System.IO.Path.Combine(version, "bin"))
            : [];
    }

    private static async Task<int?> MajorAsync(string path, CancellationToken ct)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null)
                return null;
            var version = Version().Match(await process.StandardOutput.ReadToEndAsync(ct));
            await process.WaitForExitAsync(ct);
            return version.Success ? int.Parse(version.Groups[1].Value, CultureInfo.InvariantCulture) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // Not ours to run.
            return null;
        }
    }

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex Version();
}
