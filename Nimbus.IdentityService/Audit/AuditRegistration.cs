namespace Nimbus.IdentityService.Audit;

internal static class AuditRegistration
{
    public static IServiceCollection AddAuditLog(this IServiceCollection services) => services
        .AddHttpContextAccessor()
        .AddScoped<AuditLog>();
}
