using Microsoft.AspNetCore.Http;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Where a request carries its token: in the Authorization header, or, since browsers cannot set that on a WebSocket, on
/// paths below <c>/ws</c> as one of the offered subprotocols or as the query value <c>access_token</c>.
/// </summary>
internal static class BearerToken
{
    private const string Prefix = "Bearer ";

    public static string? Find(HttpRequest request)
    {
        if (request.Headers.Authorization is [{ } header] && header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return header[Prefix.Length..].Trim();
        if (!request.Path.StartsWithSegments("/ws"))
            return null;
        // A subprotocol that looks like one is the token; the endpoint answers with one of the others that were offered.
        return request.HttpContext.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(LooksLikeToken)
            ?? (request.Query["access_token"] is [{ Length: > 0 } value] ? value : null);
    }

    private static bool LooksLikeToken(string protocol) => protocol.AsSpan().Count('.') == 2 || PersonalTokens.IsOne(protocol);
}
