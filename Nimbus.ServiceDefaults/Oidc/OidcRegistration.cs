using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Nimbus.ServiceDefaults;

/// <summary>Registers <see cref="ExternalIssuer"/>.</summary>
internal static class OidcRegistration
{
    private const int MaxAnswerBytes = 1 << 20;

    /// <summary>For every service: tokens of the issuer come to each.</summary>
    internal static IServiceCollection AddExternalIssuer(this IServiceCollection services)
    {
        services.AddStartupCheck(OidcOptions.Check);
        services.AddSettings<OidcOptions>("Nimbus:Oidc");
        services.AddHttpClient(ExternalIssuer.Client, client => client.MaxResponseContentBufferSize = MaxAnswerBytes)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        services.TryAddSingleton<IExternalUserSource, IdentityUserSource>();
        return services.AddSingleton<ExternalIssuer>().AddSingleton<ExternalUsers>();
    }
}
