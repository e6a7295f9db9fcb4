using Aspire.Npgsql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>Connects an application to a PostgreSQL database by connection name.</summary>
public static class AspirePostgreSqlNpgsqlExtensions
{
    private const string Section = "Aspire:Npgsql";

    /// <summary>Registers a pooled <see cref="NpgsqlDataSource"/> with its health check, traces and metrics.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">Read from <c>ConnectionStrings:{connectionName}</c>.</param>
    /// <param name="configureSettings">Called after the configuration is read.</param>
    /// <param name="configureDataSourceBuilder">Called when the data source is first asked for.</param>
    /// <exception cref="InvalidOperationException">
    /// From the service provider, when the data source is first asked for and its connection string is missing or broken.
    /// </exception>
    public static void AddNpgsqlDataSource(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<NpgsqlSettings>? configureSettings = null,
        Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);

        Add(builder, connectionName, serviceKey: null, configureSettings, configureDataSourceBuilder);
    }

    /// <summary>Registers one more pooled <see cref="NpgsqlDataSource"/>, as the keyed service <paramref name="name"/>.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Read from <c>ConnectionStrings:{name}</c>.</param>
    /// <param name="configureSettings">Called after the configuration is read.</param>
    /// <param name="configureDataSourceBuilder">Called when the data source is first asked for.</param>
    /// <exception cref="InvalidOperationException">As with the one without a key.</exception>
    public static void AddKeyedNpgsqlDataSource(
        this IHostApplicationBuilder builder,
        string name,
        Action<NpgsqlSettings>? configureSettings = null,
        Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);

        Add(builder, name, serviceKey: name, configureSettings, configureDataSourceBuilder);
    }

    private static void Add(
        IHostApplicationBuilder builder,
        string connectionName,
        string? serviceKey,
        Action<NpgsqlSettings>? configureSettings,
        Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder)
    {
        var settings = ReadSettings(builder.Configuration, connectionName);
        configureSettings?.Invoke(settings);

        // Without a key it is the service itself.
        builder.Services.AddKeyedSingleton(serviceKey, (services, _) =>
            CreateDataSource(services, settings.ConnectionString, connectionName, configureDataSourceBuilder));
        if (!settings.DisableHealthChecks)
            AddHealthCheck(builder, serviceKey);
        if (!settings.DisableTracing)
            builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource("Npgsql"));
        if (!settings.DisableMetrics)
            builder.Services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddMeter("Npgsql"));
    }

    private static NpgsqlSettings ReadSettings(IConfiguration configuration, string connectionName)
    {
        var settings = new NpgsqlSettings();
        configuration.GetSection(Section).Bind(settings);
        configuration.GetSection($"{Section}:{connectionName}").Bind(settings);
        settings.ConnectionString = configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        return settings;
    }

    private static NpgsqlDataSource CreateDataSource(
        IServiceProvider services,
        string? connectionString,
        string connectionName,
        Action<NpgsqlDataSourceBuilder>? configure)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
            throw new InvalidOperationException(
                $"ConnectionString is missing. Set 'ConnectionStrings:{connectionName}' "
                + "(as environment variable ConnectionStrings__" + connectionName + ").");

        try
        {
            var builder = new NpgsqlDataSourceBuilder(connectionString);
            builder.UseLoggerFactory(services.GetService<ILoggerFactory>());
            configure?.Invoke(builder);
            return builder.Build();
        }
        catch (ArgumentException broken)
        {
            // The message of Npgsql names the keyword, never a value.
            throw new InvalidOperationException(
                $"'ConnectionStrings:{connectionName}' is not a PostgreSQL connection string: {broken.Message}", broken);
        }
    }

    private static void AddHealthCheck(IHostApplicationBuilder builder, string? serviceKey)
    {
        var name = serviceKey is null ? "PostgreSql" : $"PostgreSql_{serviceKey}";
        // Two data sources in one application share the check's name, and a second registration would throw.
        if (builder.Properties.TryAdd($"Aspire.HealthChecks.{name}", true))
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                name,
                services => new NpgsqlHealthCheck(services.GetRequiredKeyedService<NpgsqlDataSource>(serviceKey)),
                failureStatus: null,
                tags: null));
    }
}
