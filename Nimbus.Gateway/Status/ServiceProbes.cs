namespace Nimbus.Gateway.Status;

/// <summary>
/// Asks the services themselves, one by one, for what only the gateway puts together. A service is named after its
/// cluster, and where a cluster has several services, each after its destination.
/// </summary>
internal sealed class ServiceProbes(IHttpClientFactory clients, IConfiguration configuration, TimeProvider time)
{
    /// <summary>The longest a person waits for a service that does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Asks every service at once and gives what <paramref name="read"/> makes of each answer, by name.</summary>
    /// <param name="each">Of several services of a cluster each, and not just the first.</param>
    /// <param name="unreachable">Stands for an answer that does not come within two seconds, or cannot be read.</param>
    public Task<(string Service, T Result)[]> AskAsync<T>(
        string path, Func<HttpResponseMessage, CancellationToken, Task<T>> read, bool each, T unreachable, CancellationToken ct)
    {
        var services = configuration.GetSection("ReverseProxy:Clusters").GetChildren()
            .OrderBy(c => c.Key, StringComparer.Ordinal)
            .SelectMany(cluster => Services(cluster).Take(each ? int.MaxValue : 1));
        return Task.WhenAll(services.Select(async service =>
            (service.Name, await AskOneAsync(service.Address, path, read, unreachable, ct))));
    }

    private async Task<T> AskOneAsync<T>(
        Uri address,
        string path,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        T unreachable,
        CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            using var client = clients.CreateClient(nameof(ServiceProbes));
            using var response = await client.GetAsync(new Uri(address, path), either.Token);
            return await read(response, either.Token);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested
            && failure is HttpRequestException or OperationCanceledException or System.Text.Json.JsonException)
        {
            return unreachable;
        }
    }

    private static IEnumerable<(string Name, Uri Address)> Services(IConfigurationSection cluster)
    {
        var destinations = cluster.GetSection("Destinations").GetChildren().ToList();
        return destinations.Select(destination =>
            (destinations.Count == 1 ? cluster.Key : destination.Key, new Uri(destination["Address"]!)));
    }
}
