namespace Yarp.ReverseProxy.Configuration;

/// <summary>The whole <c>ReverseProxy</c> section.</summary>
internal sealed record ProxySettings(IReadOnlyList<RouteSettings> Routes, IReadOnlyList<ClusterSettings> Clusters);

/// <summary>Which requests go to a cluster.</summary>
/// <param name="Path">A route pattern; null matches every path.</param>
/// <param name="Methods">Empty: all of them.</param>
/// <param name="Order">Smaller goes first.</param>
internal sealed record RouteSettings(
    string RouteId, string? ClusterId, int Order, string? Path, IReadOnlyList<string> Methods,
    IReadOnlyList<string> Hosts, string? CorsPolicy);

/// <summary>Where requests go.</summary>
/// <param name="Destinations">Addresses by destination id.</param>
/// <param name="LoadBalancingPolicy">The name of a policy.</param>
/// <param name="ActivityTimeout">The longest a request may go without a byte in either direction.</param>
/// <param name="Health">Null: nobody asks destinations how they are.</param>
internal sealed record ClusterSettings(
    string ClusterId, IReadOnlyDictionary<string, string> Destinations, string LoadBalancingPolicy, TimeSpan ActivityTimeout,
    HealthSettings? Health);

/// <summary>How destinations are asked whether they are healthy.</summary>
/// <param name="Threshold">So many looks in a row have to fail before a destination is left out.</param>
internal sealed record HealthSettings(TimeSpan Interval, TimeSpan Timeout, string Path, int Threshold);
