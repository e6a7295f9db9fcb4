using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Takes out of spans what in an address opens a door: the token of a shared dashboard in the path, and an access token in the
/// query, which WebSockets of browsers send there.
/// </summary>
internal sealed partial class SecretAddresses : BaseProcessor<Activity>
{
    private static readonly string[] Tags = ["url.path", "url.full", "url.query", "http.target", "http.url"];

    public override void OnEnd(Activity data)
    {
        foreach (var tag in Tags)
            if (data.GetTagItem(tag) is string address && Without(address) is var clean && clean != address)
                data.SetTag(tag, clean);
        if (Without(data.DisplayName) is var name && name != data.DisplayName) data.DisplayName = name;
    }

    internal static string Without(string address) => Secret().Replace(address, "***");

    [GeneratedRegex(@"(?<=/v1/shared/[a-z]+/)[^/?#\s{]+|(?<=[?&]?access_token=)[^&#\s]+", RegexOptions.CultureInvariant)]
    private static partial Regex Secret();
}
