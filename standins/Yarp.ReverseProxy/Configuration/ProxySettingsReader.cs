using System.Globalization;
using Microsoft.Extensions.Configuration;
using Yarp.ReverseProxy.LoadBalancing;

namespace Yarp.ReverseProxy.Configuration;

/// <summary>
/// Reads the <c>ReverseProxy</c> section. A key that the real package knows and this does not is an error, so that
/// no configuration behaves differently in silence.
/// </summary>
internal static class ProxySettingsReader
{
    public static ProxySettings Read(IConfiguration section)
    {
        Refuse(section, except: ["Routes", "Clusters"]);
        return new(
            section.GetSection("Routes").GetChildren().Select(ReadRoute).ToList(),
            section.GetSection("Clusters").GetChildren().Select(ReadCluster).ToList());
    }

    private static RouteSettings ReadRoute(IConfigurationSection route)
    {
        Refuse(route, except: ["ClusterId", "Order", "Match", "CorsPolicy"]);
        var match = route.GetSection("Match");
        Refuse(match, except: ["Path", "Methods", "Hosts"]);
        return new(
            route.Key,
            route["ClusterId"],
            int.Parse(route["Order"] ?? "0", CultureInfo.InvariantCulture),
            match["Path"],
            Values(match.GetSection("Methods")),
            Values(match.GetSection("Hosts")),
            route["CorsPolicy"]);
    }

    private static ClusterSettings ReadCluster(IConfigurationSection cluster)
    {
        Refuse(cluster, except: ["Destinations", "LoadBalancingPolicy", "HttpRequest", "HealthCheck", "Metadata"]);
        Refuse(cluster.GetSection("HttpRequest"), except: ["ActivityTimeout"]);
        return new(
            cluster.Key,
            cluster.GetSection("Destinations").GetChildren().ToDictionary(d => d.Key, ReadAddress),
            cluster["LoadBalancingPolicy"] ?? nameof(PowerOfTwoChoices),
            TimeSpan.Parse(cluster["HttpRequest:ActivityTimeout"] ?? "00:01:40", CultureInfo.InvariantCulture),
            ReadHealth(cluster));
    }

    private static HealthSettings? ReadHealth(IConfigurationSection cluster)
    {
        const string Threshold = "ConsecutiveFailuresHealthPolicy.Threshold";
        Refuse(cluster.GetSection("HealthCheck"), except: ["Active", "AvailableDestinationsPolicy"]);
        Refuse(cluster.GetSection("Metadata"), except: [Threshold]);
        var active = cluster.GetSection("HealthCheck:Active");
        Refuse(active, except: ["Enabled", "Interval", "Timeout", "Policy", "Path"]);
        if (!bool.Parse(active["Enabled"] ?? "false"))
            return null;
        Demand(active, "Policy", "ConsecutiveFailures");
        Demand(cluster.GetSection("HealthCheck"), "AvailableDestinationsPolicy", "HealthyOrPanic");
        return new(
            TimeSpan.Parse(active["Interval"] ?? "00:00:15", CultureInfo.InvariantCulture),
            TimeSpan.Parse(active["Timeout"] ?? "00:00:10", CultureInfo.InvariantCulture),
            active["Path"] ?? "/",
            int.Parse(cluster[$"Metadata:{Threshold}"] ?? "2", CultureInfo.InvariantCulture));
    }

    private static void Demand(IConfigurationSection section, string key, string value)
    {
        if (section[key] != value)
            throw new NotSupportedException($"'{section.Path}:{key}' other than {value} is not covered by the stand-in of YARP.");
    }

    private static string ReadAddress(IConfigurationSection destination)
    {
        Refuse(destination, except: ["Address"]);
        return destination["Address"] is { Length: > 0 } address
            ? address
            : throw new ArgumentException($"No address found for the destination at '{destination.Path}'.");
    }

    private static List<string> Values(IConfigurationSection list) =>
        list.GetChildren().Select(item => item.Value).OfType<string>().ToList();

    private static void Refuse(IConfiguration section, string[] except)
    {
        foreach (var child in section.GetChildren().Where(c => !except.Contains(c.Key, StringComparer.OrdinalIgnoreCase)))
            throw new NotSupportedException($"'{child.Path}' is not covered by the stand-in of YARP.");
    }
}
