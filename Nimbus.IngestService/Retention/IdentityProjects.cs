using System.Text.Json;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Retention;

/// <summary>A project that does not keep everything for ever.</summary>
/// <param name="RetentionDays">Null: only because it is deleted.</param>
/// <param name="DeletedAt">From then on, nothing of it is to be kept.</param>
internal sealed record ProjectRetention(Guid ProjectId, int? RetentionDays, DateTimeOffset? DeletedAt);

/// <summary>Asks the identity service which projects keep less than everything, and tells it what is done.</summary>
internal sealed class IdentityProjects(IHttpClientFactory clients)
{
    /// <summary>The name of the client in the factory.</summary>
    public const string Client = "identity-projects";

    /// <exception cref="HttpRequestException">Identity does not answer, or not as it should.</exception>
    public async Task<IReadOnlyList<ProjectRetention>> RetentionsAsync(CancellationToken ct)
    {
        var client = clients.CreateClient(Client);
        return await client.GetFromJsonAsync<List<ProjectRetention>>("/internal/projects/retention", JsonConventions.Options, ct)
            ?? throw new JsonException("The list is missing.");
    }

    /// <summary>Says that nothing is left of a deleted project.</summary>
    public async Task ErasedAsync(Guid projectId, CancellationToken ct)
    {
        using var answer = await clients.CreateClient(Client).PostAsync($"/internal/projects/{projectId}/erased", content: null, ct);
        answer.EnsureSuccessStatusCode();
    }
}
