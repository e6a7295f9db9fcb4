using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nimbus.ServiceDefaults;

/// <summary>Settings under names and in forms that are not today's (docs/configuration.md), and those that nothing reads.</summary>
internal static partial class SettingNames
{
    /// <summary>Has to come before any default is added: what is set is told apart from what is not.</summary>
    public static void AddSettingNames(this IHostApplicationBuilder builder)
    {
        OlderNames.Add(builder.Configuration);
        ConnectionAddress.Add(builder.Configuration);
        KnownSettings.SplitLists(builder.Configuration);
    }

    /// <summary>Says which settings have no effect. Never what they are set to: it could be a secret.</summary>
    public static void WarnOfUselessSettings(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Nimbus.Settings");
        foreach (var name in KnownSettings.Unknown(configuration))
            LogUnknown(logger, name);
        foreach (var older in OlderNames.All.Where(older => older.Settings is [] && !string.IsNullOrEmpty(configuration[older.Name])))
            LogUseless(logger, older.Name, older.Effect);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} has no effect: there is no such setting. docs/configuration.md lists all there are.")]
    private static partial void LogUnknown(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} has no effect here. {Remedy}")]
    private static partial void LogUseless(ILogger logger, string name, string remedy);
}
