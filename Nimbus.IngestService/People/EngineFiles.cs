using System.Net.Http.Json;
using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.People;

/// <summary>Asks each query service how far its files are rid of what was deleted.</summary>
internal sealed class EngineFiles(IHttpClientFactory clients, IOptions<ErasureOptions> options)
{
    /// <summary>The name of the HTTP client, with a service's token.</summary>
    public const string Client = "query-services";

    /// <summary>Done once no file of any query service has anything that the project's changes up to the last of the erasure deleted.</summary>
    public async Task<(PlaceState State, string? Detail)> AreCleanAsync(UnfinishedErasure erasure, CancellationToken ct)
    {
        foreach (var service in options.Value.QueryServices.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                var status = await clients.CreateClient(Client).GetFromJsonAsync<EngineStatus>(
                    new Uri($"https+http://{service}/internal/projects/{erasure.Project:D}/engine"), JsonConventions.Options, ct);
                if (status is null || status.CleanThrough < erasure.LastN)
                    return (PlaceState.Waiting, $"{service} has not rewritten its files yet");
            }
            catch (Exception away) when (away is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                return (PlaceState.Waiting, $"{service} does not answer: its files are not known to be rewritten");
            }
        }
        return (PlaceState.Rewritten, null);
    }

    /// <param name="CleanThrough">Files have nothing that a change of the project up to this one deleted.</param>
    private sealed record EngineStatus(long CleanThrough);
}
