namespace Nimbus.Client;

/// <summary>Connections and addresses, the same for events and for the other calls.</summary>
internal static class NimbusHttp
{
    internal static HttpClient Create(Uri baseAddress, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(baseAddress);
        var handler = new SocketsHttpHandler
        {
            // A redirect would be another path than the signed one.
            AllowAutoRedirect = false,
            // A gateway that moved is found again, although connections are kept.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectTimeout = TimeSpan.FromSeconds(10),
        };
        return new HttpClient(handler) { BaseAddress = baseAddress, Timeout = timeout };
    }

    /// <summary>The address of a path below the base address, whether or not that one ends in a slash.</summary>
    internal static Uri Address(HttpClient http, string path)
    {
        var root = http.BaseAddress ?? throw new ArgumentException("The HttpClient has no BaseAddress.", nameof(http));
        return new Uri(root.AbsoluteUri.TrimEnd('/') + "/" + path);
    }
}
