using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.ApiKeys;

internal static class KeyRegistration
{
    public static IServiceCollection AddApiKeys(this IServiceCollection services)
    {
        services.AddStartupCheck(MasterKey.Wrong);
        services.AddSingleton(provider => MasterKey.Of(provider.GetRequiredService<IConfiguration>()));
        services.AddOptions<StreamShards>().BindConfiguration("Nimbus:Events").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SecretBox>().AddSingleton<KeyMaker>().AddSingleton<KeyMarks>();
        return services.AddScoped<KeyReader>().AddScoped<KeyWriter>().AddScoped<KeyEndings>().AddScoped<SecretResealing>();
    }
}
