using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nimbus.IngestService.Traffic;

namespace Nimbus.IngestService.ApiKeys;

/// <summary>Asks the identity service for keys.</summary>
internal sealed class IdentityKeys(IHttpClientFactory clients)
{
    /// <summary>The name of the client in the factory.</summary>
    public const string Client = "identity";

    private static readonly JsonSerializerOptions SnakeCase = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The key, or null where identity says that there is none.</summary>
    /// <exception cref="HttpRequestException">Identity does not answer, or not as it should.</exception>
    public async Task<ResolvedKey?> ResolveAsync(KeyKind kind, string value, CancellationToken ct)
    {
        var client = clients.CreateClient(Client);
        var question = new { Kind = JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()), Value = value };
        using var response = await client.PostAsJsonAsync("/internal/keys/resolve", question, SnakeCase, ct);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<Answer>(SnakeCase, ct) is { } answer ? answer.ToKey() : null;
    }

    private sealed record Answer(
        string KeyId, Guid ProjectId, string? Secret, DateTimeOffset? ValidUntil, IReadOnlyList<string>? AllowedOrigins,
        TrafficDetail Traffic)
    {
        public ResolvedKey ToKey() =>
            new(KeyId, ProjectId, Secret is null ? null : Encoding.UTF8.GetBytes(Secret), ValidUntil, AllowedOrigins, Traffic);
    }
}
