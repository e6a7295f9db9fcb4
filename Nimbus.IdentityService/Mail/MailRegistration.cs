using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Mail;

internal static class MailRegistration
{
    public static IServiceCollection AddMail(this IServiceCollection services)
    {
        services.AddSettings<MailOptions>("Nimbus:Mail");
        return services.AddSingleton<OutgoingMail>().AddHostedService(provider => provider.GetRequiredService<OutgoingMail>());
    }
}
