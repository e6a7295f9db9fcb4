namespace Aspire.Hosting.Local;

/// <summary>The health check of an HTTP resource.</summary>
internal static class HttpProbe
{
    /// <summary>The name of the probes' own client: no retries, no redirects.</summary>
    public const string Client = "health";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task CheckAsync(IHttpClientFactory clients, string url, int expected, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        using var client = clients.CreateClient(Client);
        using var answer = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        if ((int)answer.StatusCode != expected)
            throw new HttpRequestException($"{url} answers {(int)answer.StatusCode}");
    }
}
