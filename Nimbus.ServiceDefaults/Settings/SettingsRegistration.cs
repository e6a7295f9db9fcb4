using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

/// <summary>Registers the settings of a feature.</summary>
public static class SettingsRegistration
{
    /// <summary>
    /// Binds an options record to its section, has it checked at start, and notes that this service reads it: docs/configuration.md
    /// is made from what all services note. Each property has a docstring, and a range where it is a number or a time.
    /// </summary>
    public static OptionsBuilder<TOptions> AddSettings<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddSingleton(new SettingsSection(section, typeof(TOptions)));
        return services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
    }
}

/// <summary>A section of settings that a service reads.</summary>
/// <param name="Path">Such as <c>Nimbus:Ingest</c>.</param>
/// <param name="Options">The record that it is bound to.</param>
public sealed record SettingsSection(string Path, Type Options);
