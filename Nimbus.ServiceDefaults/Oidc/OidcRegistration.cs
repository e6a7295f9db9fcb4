using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.ServiceDefaults;

/// <summary>Registers <see cref="ExternalIssuer"/>.</summary>
public static class OidcRegistration
{
    private const int MaxAnswerBytes = 1 << 20;

    /// <summary>For the service that people sign in at.</summary>
    public static IServiceCollection AddExternalIssuer(this IServiceCollection services)
    {
        services.AddStartupCheck(OidcOptions.Check);
        services.AddOptions<OidcOptions>().BindConfiguration("Nimbus:Oidc");
        services.AddHttpClient(ExternalIssuer.Client, client => client.MaxResponseContentBufferSize = MaxAnswerBytes)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        return services.AddSingleton<ExternalIssuer>();
    }
}
