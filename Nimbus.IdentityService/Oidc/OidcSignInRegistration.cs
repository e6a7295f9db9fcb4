using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Oidc;

internal static class OidcSignInRegistration
{
    public static IServiceCollection AddOidcSignIn(this IServiceCollection services) =>
        services
            .AddSingleton<PendingSignIns>().AddScoped<OidcSignIn>().AddSingleton<IExternalUserSource, DatabaseUserSource>();
}
