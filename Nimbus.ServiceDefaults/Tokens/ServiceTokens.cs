using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;

namespace Nimbus.ServiceDefaults;

/// <summary>Lets calls to other services of this installation say that a service makes them.</summary>
public static class ServiceTokens
{
    /// <summary>Adds a fresh five-minute token for <see cref="Policies.Service"/> to each outgoing call.</summary>
    public static IHttpClientBuilder AddServiceToken(this IHttpClientBuilder client) =>
        client.AddHttpMessageHandler(services => new Handler(services.GetRequiredService<TokenIssuer>()));

    private sealed class Handler(TokenIssuer tokens) : DelegatingHandler
    {
        private static readonly AccessToken Claims = new(Guid.Empty, Guid.Empty, Audiences.Service, TimeSpan.FromMinutes(5));

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Issue(Claims));
            return base.SendAsync(request, cancellationToken);
        }
    }
}
