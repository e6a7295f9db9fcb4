namespace Nimbus.IdentityService.Mail;

internal static class MailRegistration
{
    public static IServiceCollection AddMail(this IServiceCollection services)
    {
        services.AddOptions<MailOptions>().BindConfiguration("Nimbus:Mail").ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<OutgoingMail>().AddHostedService(provider => provider.GetRequiredService<OutgoingMail>());
    }
}
