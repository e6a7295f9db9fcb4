namespace Nimbus.IdentityService.PasswordResets;

internal static class PasswordRegistration
{
    public static IServiceCollection AddPasswordResets(this IServiceCollection services) => services.AddScoped<PasswordDesk>();
}
