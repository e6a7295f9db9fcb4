using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.ServiceDefaults;

/// <summary>Registers <see cref="TokenBuckets"/> and the settings of limits.</summary>
public static class RateLimitRegistration
{
    /// <summary>For services that limit. Without Redis nothing is limited.</summary>
    public static IServiceCollection AddTokenBuckets(this IServiceCollection services)
    {
        services.AddSettings<RateLimitOptions>("Nimbus:RateLimit");
        return services.AddSingleton<TokenBuckets>().CountFromZero<TokenBuckets>(_ => TokenBuckets.Begin());
    }
}
