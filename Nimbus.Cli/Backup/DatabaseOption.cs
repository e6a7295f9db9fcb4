using System.CommandLine;
using Npgsql;

namespace Nimbus.Cli.Backup;

/// <summary>The two databases of an installation, by the connection strings that its services have.</summary>
internal static class DatabaseOption
{
    public const string Events = "eventsdb";
    public const string Identity = "identitydb";

    public static Option<string?> Create(string name) => new($"--{name}")
    {
        Description = $"Connection string of {name}, as the services have it (ConnectionStrings__{name}).",
        HelpName = "Host=…;Username=…;Password=…;Database=…",
    };

    /// <summary>The connection string, which names a database; unpooled, since a pool would hold up what replaces the database.</summary>
    public static NpgsqlConnectionStringBuilder Require(string? text, string name)
    {
        // Not as the option's default, which --help prints.
        text ??= Environment.GetEnvironmentVariable($"ConnectionStrings__{name}");
        if (string.IsNullOrWhiteSpace(text))
            throw new CliException($"the connection string of {name} is needed: set ConnectionStrings__{name}, as the services have it.");
        try
        {
            var server = new NpgsqlConnectionStringBuilder(text) { Pooling = false };
            if (string.IsNullOrEmpty(server.Host) || string.IsNullOrEmpty(server.Database))
                throw new CliException($"the connection string of {name} names no host or no database: write Host=…;Username=…;Password=…;Database={name}.");
            return server;
        }
        catch (ArgumentException)
        {
            // Never the text itself: the password is part of it.
            throw new CliException($"ConnectionStrings__{name} is no connection string of PostgreSQL: write Host=…;Port=…;Username=…;Password=…;Database={name}.");
        }
    }

    public static async Task<NpgsqlConnection> OpenAsync(NpgsqlConnectionStringBuilder server, CancellationToken ct)
    {
        var connection = new NpgsqlConnection(server.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
