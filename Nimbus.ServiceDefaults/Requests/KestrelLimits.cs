using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.ServiceDefaults;

internal static class KestrelLimits
{
    public static IServiceCollection AddKestrelLimits(this IServiceCollection services)
    {
        services.Configure<KestrelServerOptions>(options =>
        {
            options.AddServerHeader = false;
            // Some SDKs send their events in the query string of a GET.
            options.Limits.MaxRequestLineSize = 128 * 1024;
            options.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            options.Limits.MaxRequestHeaderCount = 100;
            options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });
        return services;
    }
}
