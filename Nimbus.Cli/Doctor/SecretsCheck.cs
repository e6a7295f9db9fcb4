using System.Text;
using Npgsql;

namespace Nimbus.Cli.Doctor;

/// <summary>Secrets that are missing, too short, or known to everybody.</summary>
internal static class SecretsCheck
{
    // The least that the services themselves take.
    private const int MinBytes = 32;

    private static readonly string[] Examples = ["changeme", "change-me", "change_me", "example", "replace-", "your-", "secret-of-the", "only-for-the", "0123456789"];
    private static readonly string[] Defaults = ["", "postgres", "password", "nimbus", "admin", "secret", "redis", "changeme"];

    public static Task RunAsync(InstallationSettings settings, Diagnosis found)
    {
        var master = settings["Nimbus:MasterKey"];
        var signing = settings["Nimbus:Jwt:Secret"];
        Look(found, "Nimbus__MasterKey", master, "All sealed secrets hang on it.");
        Look(found, "Nimbus__Jwt__Secret", signing, "Who knows it signs in as anybody.");
        if (master is not null && master == signing)
            found.Fault("Nimbus__MasterKey and Nimbus__Jwt__Secret are the same text", "Make one of its own for each: openssl rand -base64 48");
        foreach (var database in (string[])[Backup.DatabaseOption.Events, Backup.DatabaseOption.Identity])
            LookAtPassword(found, database, settings[$"ConnectionStrings:{database}"]);
        return Task.CompletedTask;
    }

    private static void Look(Diagnosis found, string name, string? value, string why)
    {
        if (value is null)
            found.Unknown($"{name} was not given to this command", $"Run it with the environment of the services, or with --env-file.");
        else if (Encoding.UTF8.GetByteCount(value) < MinBytes)
            found.Fault($"{name} is shorter than {MinBytes} bytes", $"{why} Make one: openssl rand -base64 48");
        else if (value.Distinct().Count() < 10 || Examples.Any(example => value.Contains(example, StringComparison.OrdinalIgnoreCase)))
            found.Fault($"{name} is an example, or easily guessed", $"{why} Make one: openssl rand -base64 48");
        else
            found.Ok($"{name} is long enough and no example");
    }

    private static void LookAtPassword(Diagnosis found, string database, string? connection)
    {
        try
        {
            if (connection is not null && Defaults.Contains(new NpgsqlConnectionStringBuilder(connection).Password ?? "", StringComparer.OrdinalIgnoreCase))
                found.Fault($"the password of {database} is one that everybody tries", "Give the role a random one: ALTER ROLE … PASSWORD …");
        }
        catch (ArgumentException)
        {
            // What is wrong with it is said where it is used.
        }
    }
}
