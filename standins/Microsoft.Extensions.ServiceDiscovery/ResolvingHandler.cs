namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Sends each request to the next address of the service it names.</summary>
internal sealed class ResolvingHandler(ServiceEndpoints endpoints) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { } asked)
            return await base.SendAsync(request, cancellationToken);
        request.RequestUri = At(asked, endpoints.Next(asked));
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // A retry outside of this handler resolves the name again, and so reaches the next address.
            request.RequestUri = asked;
        }
    }

    private static Uri At(Uri asked, Uri address)
    {
        var resolved = new UriBuilder(asked) { Scheme = address.Scheme, Host = address.Host, Port = address.Port };
        if (address.AbsolutePath.Length > 1)
            resolved.Path = $"{address.AbsolutePath.TrimEnd('/')}/{asked.AbsolutePath.TrimStart('/')}";
        return resolved.Uri;
    }
}
