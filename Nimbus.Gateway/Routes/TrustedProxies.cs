using Microsoft.AspNetCore.HttpOverrides;
using Nimbus.ServiceDefaults;

namespace Nimbus.Gateway.Routes;

/// <summary>
/// A client's address, scheme and host are those of its connection, whatever it claims in X-Forwarded-*. Only peers in
/// <c>Nimbus:TrustedProxies</c> (addresses or networks, <c>10.0.0.0/8</c>) are believed.
/// </summary>
internal static class TrustedProxies
{
    private const string Setting = "Nimbus:TrustedProxies";

    public static void AddTrustedProxies(this WebApplicationBuilder builder)
    {
        var networks = Networks(builder.Configuration);
        builder.Services.AddSettings<TrustedProxyOptions>(TrustedProxyOptions.Section);
        builder.Services.AddStartupCheck(configuration =>
            Networks(configuration).Any(network => network is null)
                ? $"{Setting} has an entry that is no address and no network: write 10.1.2.3 or 10.0.0.0/8."
                : null);
        builder.Services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders =
                ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            options.ForwardLimit = null;
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            foreach (var network in networks.OfType<System.Net.IPNetwork>())
                options.KnownIPNetworks.Add(network);
        });
    }

    public static void UseTrustedProxies(this WebApplication app)
    {
        // Without a known proxy the middleware would believe everybody.
        if (Networks(app.Configuration) is not [])
            app.UseForwardedHeaders();
    }

    private static List<System.Net.IPNetwork?> Networks(IConfiguration configuration) =>
        (configuration.GetSection(TrustedProxyOptions.Section).Get<TrustedProxyOptions>() ?? new()).TrustedProxies.Select(Parse).ToList();

    private static System.Net.IPNetwork? Parse(string? text)
    {
        if (System.Net.IPAddress.TryParse(text, out var address))
            return new(address, address.GetAddressBytes().Length * 8);
        return System.Net.IPNetwork.TryParse(text, out var network) ? network : null;
    }
}
