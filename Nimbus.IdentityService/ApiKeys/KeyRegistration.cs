using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.ApiKeys;

internal static class KeyRegistration
{
    public static IServiceCollection AddApiKeys(this IServiceCollection services)
    {
        services.AddStartupCheck(configuration => MasterKey.Wrong(configuration[MasterKey.Setting]));
        services.AddSingleton(provider => new MasterKey(provider.GetRequiredService<IConfiguration>()[MasterKey.Setting]!));
        services.AddOptions<StreamShards>().BindConfiguration("Nimbus:Events").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SecretBox>().AddSingleton<KeyMaker>().AddSingleton<KeyMarks>();
        return services.AddScoped<KeyReader>().AddScoped<KeyWriter>().AddScoped<KeyEndings>();
    }
}
