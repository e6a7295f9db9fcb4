using Nimbus.IdentityService.LoginAttempts;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Users;

internal static class UserRegistration
{
    public static IServiceCollection AddUsers(this IServiceCollection services)
    {
        services.AddSingleton(_ => new Passwords());
        services.AddTokenBuckets().AddSingleton<LoginGuard>();
        services.AddScoped<Accounts>().AddScoped<Administrators>().AddScoped<AccountDeletion>();
        services.AddSettings<RegistrationOptions>("Nimbus:Registration");
        return services;
    }
}
