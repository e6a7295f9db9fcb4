using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.ServiceDefaults;

/// <summary>Checks connection strings before the service starts, where they would otherwise fail at first use.</summary>
public static class ConnectionStrings
{
    /// <summary>Refuses to start unless <c>ConnectionStrings:{name}</c> is there and well-formed. Does not connect.</summary>
    public static TBuilder RequireConnectionString<TBuilder>(
        this TBuilder builder, string name, ConnectionKind kind = ConnectionKind.PostgreSql)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddStartupCheck(configuration => Check(configuration, name, kind));
        builder.Services.AddSingleton(new ConnectionUse(name, kind, IsRequired: true));
        return builder;
    }

    /// <summary>
    /// Whether there is a <c>ConnectionStrings:{name}</c>; the service does without it else. Refuses to start unless it is well-formed.
    /// </summary>
    public static bool HasConnectionString<TBuilder>(
        this TBuilder builder, string name, ConnectionKind kind = ConnectionKind.PostgreSql)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddSingleton(new ConnectionUse(name, kind, IsRequired: false));
        if (string.IsNullOrEmpty(builder.Configuration.GetConnectionString(name)))
            return false;
        builder.Services.AddStartupCheck(configuration => Check(configuration, name, kind));
        return true;
    }

    internal static string? Check(IConfiguration configuration, string name, ConnectionKind kind)
    {
        var (product, form, wellFormed) = kind switch
        {
            ConnectionKind.Redis => ("Redis", "host:port,password=…", (Func<string, bool>)IsRedis),
            _ => ("PostgreSQL", "Host=…;Port=…;Username=…;Password=…;Database=…", IsPostgreSql),
        };
        var text = configuration.GetConnectionString(name);
        // Never the text itself: the password is part of it.
        if (string.IsNullOrWhiteSpace(text))
            return $"ConnectionStrings:{name} is missing: set ConnectionStrings__{name} to a {product} connection string ({form}).";
        return wellFormed(text)
            ? null
            : $"ConnectionStrings:{name} is not a {product} connection string: write ConnectionStrings__{name} as {form}.";
    }

    private static bool IsPostgreSql(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 };
        }
        catch (Exception broken) when (broken is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return false;
        }
    }

    private static bool IsRedis(string text)
    {
        try
        {
            return ConfigurationOptions.Parse(text).EndPoints.Count > 0;
        }
        catch (Exception broken) when (broken is ArgumentException or FormatException)
        {
            return false;
        }
    }
}

/// <summary>A connection string that a service reads.</summary>
public sealed record ConnectionUse(string Name, ConnectionKind Kind, bool IsRequired);
