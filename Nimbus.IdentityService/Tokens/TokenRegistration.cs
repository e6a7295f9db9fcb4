namespace Nimbus.IdentityService.Tokens;

internal static class TokenRegistration
{
    public static IServiceCollection AddSessions(this IServiceCollection services) => services
        .AddScoped<Sessions>()
        .AddSingleton<SessionAnnouncements>()
        .AddHostedService<SessionSweeper>();
}
