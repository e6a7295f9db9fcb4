namespace Nimbus.IdentityService.Members;

internal static class MemberRegistration
{
    public static IServiceCollection AddMembers(this IServiceCollection services) => services
        .AddScoped<MemberReader>()
        .AddScoped<MemberWriter>();
}
