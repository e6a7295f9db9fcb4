namespace Aspire.Npgsql;

/// <summary>How <c>AddNpgsqlDataSource</c> connects and what it registers besides the data source.</summary>
public class NpgsqlSettings
{
    /// <summary>The connection string; <c>ConnectionStrings:{name}</c> wins over what the settings section says.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>No health check "PostgreSql".</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>No listening to Npgsql's activity source.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>No listening to Npgsql's meter.</summary>
    public bool DisableMetrics { get; set; }
}
