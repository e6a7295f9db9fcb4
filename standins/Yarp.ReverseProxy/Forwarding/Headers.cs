using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Yarp.ReverseProxy.Forwarding;

/// <summary>Copies headers end to end; those that speak of one connection only stay behind.</summary>
internal static class Headers
{
    private static readonly FrozenSet<string> HopByHop = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        HeaderNames.Connection, HeaderNames.TransferEncoding, HeaderNames.KeepAlive, HeaderNames.Upgrade,
        HeaderNames.ProxyConnection, HeaderNames.ProxyAuthenticate, HeaderNames.ProxyAuthorization,
        "Proxy-Authentication-Info", "Proxy-Features", "Proxy-Instruction", "Security-Scheme", "ALPN", "Close",
        "HTTP2-Settings", HeaderNames.UpgradeInsecureRequests, HeaderNames.TE, HeaderNames.AltSvc);

    public static void CopyTo(HttpRequestMessage request, IHeaderDictionary headers)
    {
        foreach (var (name, values) in headers)
        {
            // The destination has a host name of its own; the client's goes along as X-Forwarded-Host.
            if (HopByHop.Contains(name) || name.StartsWith(':') || name.Equals("Host", StringComparison.OrdinalIgnoreCase))
                continue;
            if (values.Any(value => value is null || value.AsSpan().ContainsAny('\r', '\n')))
                continue;
            if (request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                continue;
            request.Content ??= new ByteArrayContent([]);
            request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        // A request with both is either broken or an attempt at smuggling: the chunks decide.
        if (headers.ContainsKey(HeaderNames.TransferEncoding) && request.Content is { } content)
            content.Headers.Remove(HeaderNames.ContentLength);
    }

    public static void CopyTo(IHeaderDictionary headers, HttpResponseMessage response)
    {
        CopyTo(headers, response.Headers);
        CopyTo(headers, response.Content.Headers);
        if (response.Headers.NonValidated.Contains(HeaderNames.TransferEncoding))
            headers.Remove(HeaderNames.ContentLength);
        // Answers that cannot have a body do not speak of its length either.
        if ((int)response.StatusCode is < 200 or 204 or 205 && headers.ContentLength == 0)
            headers.Remove(HeaderNames.ContentLength);
    }

    public static void CopyTo(IHeaderDictionary headers, HttpHeaders source)
    {
        foreach (var (name, values) in source.NonValidated)
        {
            if (!HopByHop.Contains(name))
                headers[name] = StringValues.Concat(headers[name], new StringValues([.. values]));
        }
    }
}
