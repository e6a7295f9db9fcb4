using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Requests;

/// <summary>
/// Where people reach this installation: <c>Nimbus:PublicUrl</c>. A setting and not the request's host, which a stranger
/// could choose for the link in someone else's mail.
/// </summary>
public sealed class PublicAddress(IOptions<PublicUrlSettings> settings)
{
    private const string Default = "http://localhost:8000";

    private readonly string address = (settings.Value.PublicUrl ?? Default).TrimEnd('/');

    /// <summary>A link whose secret stands in the fragment, so that it is in no server's log.</summary>
    public string LinkTo(string page, string secret) => $"{address}/#/{page}/{secret}";

    public bool IsHttps => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>An address of the API.</summary>
    public string Of(string path) => address + path;

    internal static string? Wrong(string? text) =>
        text is null || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            ? null
            : $"{PublicUrlSettings.Setting} is no http address: write https://analytics.example.com.";
}

internal static class PublicAddressRegistration
{
    public static IServiceCollection AddPublicAddress(this IServiceCollection services)
    {
        services.AddSettings<PublicUrlSettings>("Nimbus");
        services.AddStartupCheck(configuration => PublicAddress.Wrong(configuration[PublicUrlSettings.Setting]));
        return services.AddSingleton<PublicAddress>();
    }
}
