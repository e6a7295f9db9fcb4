using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.ApiKeys;

internal static class KeyRegistration
{
    public static IServiceCollection AddApiKeys(this IServiceCollection services)
    {
        services.AddMasterKey();
        services.AddSettings<StreamShards>("Nimbus:Events");
        services.AddSingleton<SecretBox>().AddSingleton<KeyMaker>().AddSingleton<KeyMarks>();
        return services.AddScoped<KeyReader>().AddScoped<KeyWriter>().AddScoped<KeyEndings>().AddScoped<SecretResealing>();
    }
}
