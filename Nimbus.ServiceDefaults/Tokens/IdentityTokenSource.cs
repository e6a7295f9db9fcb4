using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Nimbus.ServiceDefaults;

/// <summary>Asks the identity service for personal access tokens. It is told the hash only.</summary>
internal sealed class IdentityTokenSource(IHttpClientFactory clients) : IPersonalTokenSource
{
    public const string Client = "identity-tokens";

    public async Task<PersonalToken?> FindAsync(string hash, CancellationToken ct)
    {
        using var response = await clients.CreateClient(Client).GetAsync(new Uri($"/internal/tokens/{hash}", UriKind.Relative), ct);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<PersonalToken>(JsonConventions.Options, ct)
            ?? throw new JsonException("The identity service answered null.");
    }
}
