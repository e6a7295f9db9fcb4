using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OpenTelemetry.Trace;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Connects an application to a Redis server by connection name.</summary>
public static class AspireRedisExtensions
{
    private const string Section = "Aspire:StackExchange:Redis";

    /// <summary>
    /// Registers <see cref="IConnectionMultiplexer"/>, connected at start, with its health check and traces.
    /// A server that is away is no error: the multiplexer connects once it is there, and again after each break.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">Read from <c>ConnectionStrings:{connectionName}</c>.</param>
    /// <param name="configureSettings">Called after the configuration is read.</param>
    /// <param name="configureOptions">Called after the connection string is read.</param>
    /// <exception cref="InvalidOperationException">
    /// From the service provider, when the multiplexer is first asked for and its connection string is missing or broken.
    /// </exception>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null,
        Action<ConfigurationOptions>? configureOptions = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);

        var settings = ReadSettings(builder.Configuration, connectionName);
        configureSettings?.Invoke(settings);

        builder.Services.AddSingleton<IConnectionMultiplexer>(services =>
        {
            var options = RedisConnectionString.Parse(settings.ConnectionString, connectionName);
            configureOptions?.Invoke(options);
            var redis = ConnectionMultiplexer.Connect(options);
            services.GetService<RedisTraces>()?.Watch(redis);
            return redis;
        });
        if (!settings.DisableAutoActivation)
            builder.Services.AddHostedService<ConnectAtStart>();
        if (!settings.DisableTracing)
        {
            builder.Services.AddSingleton<RedisTraces>();
            builder.Services.AddHostedService(services => services.GetRequiredService<RedisTraces>());
            builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource(RedisTraces.SourceName));
        }
        if (!settings.DisableHealthChecks && builder.Properties.TryAdd("Aspire.HealthChecks.StackExchange.Redis", true))
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                "StackExchange.Redis",
                services => new RedisHealthCheck(services),
                failureStatus: null,
                tags: null));
    }

    private static StackExchangeRedisSettings ReadSettings(IConfiguration configuration, string connectionName)
    {
        var settings = new StackExchangeRedisSettings();
        configuration.GetSection(Section).Bind(settings);
        configuration.GetSection($"{Section}:{connectionName}").Bind(settings);
        settings.ConnectionString = configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        return settings;
    }
}
