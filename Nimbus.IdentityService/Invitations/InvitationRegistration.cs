namespace Nimbus.IdentityService.Invitations;

internal static class InvitationRegistration
{
    public static IServiceCollection AddInvitations(this IServiceCollection services) => services.AddScoped<InvitationDesk>();
}
