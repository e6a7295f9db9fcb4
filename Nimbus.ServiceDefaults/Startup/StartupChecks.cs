using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Nimbus.ServiceDefaults;

/// <summary>What has to hold before a service starts. All of it runs once the application is built and before anything of it starts.</summary>
public static class StartupChecks
{
    /// <summary>
    /// Adds a check of the settings: null when all is well, else one line that names the setting and the remedy.
    /// </summary>
    public static IServiceCollection AddStartupCheck(this IServiceCollection services, Func<IConfiguration, string?> check) =>
        services.AddSingleton(new StartupCheck(check));

    /// <summary>Runs the checks and the validation of options marked ValidateOnStart.</summary>
    /// <exception cref="StartupException">One of them fails.</exception>
    internal static void Run(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        foreach (var check in services.GetServices<StartupCheck>())
            if (check.Check(configuration) is { } wrong)
                throw new StartupException(wrong);

        try
        {
            services.GetService<IStartupValidator>()?.Validate();
        }
        catch (OptionsValidationException invalid)
        {
            throw new StartupException(Describe(invalid));
        }
        catch (InvalidOperationException unbound) when (IsUnbound(unbound))
        {
            throw new StartupException(unbound.Message);
        }
    }

    /// <summary>A setting whose text is not of its type: the binder's message names it.</summary>
    internal static bool IsUnbound(InvalidOperationException failure) =>
        failure.Source == typeof(ConfigurationBinder).Assembly.GetName().Name;

    internal static string Describe(OptionsValidationException invalid) => string.Join(" ", invalid.Failures);

    private sealed record StartupCheck(Func<IConfiguration, string?> Check);
}
