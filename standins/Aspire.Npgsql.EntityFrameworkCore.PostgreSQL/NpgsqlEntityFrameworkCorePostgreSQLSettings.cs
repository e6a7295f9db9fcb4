namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

/// <summary>How <c>AddNpgsqlDbContext</c> connects and what it registers besides the context.</summary>
public class NpgsqlEntityFrameworkCorePostgreSQLSettings
{
    /// <summary>The connection string; <c>ConnectionStrings:{name}</c> wins over what the settings section says.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>No retries of commands that failed for a passing reason.</summary>
    public bool DisableRetry { get; set; }

    /// <summary>No health check, which is named after the context.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>No listening to Npgsql's activity source.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>No listening to Npgsql's meter.</summary>
    public bool DisableMetrics { get; set; }

    /// <summary>Seconds that a command may take; null for the driver's default.</summary>
    public int? CommandTimeout { get; set; }
}
