using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.PersonalTokens;

internal static class TokenDrawerRegistration
{
    public static IServiceCollection AddPersonalTokens(this IServiceCollection services) => services
        .AddScoped<TokenDrawer>()
        .AddSingleton<IPersonalTokenSource, DatabaseTokenSource>();
}
