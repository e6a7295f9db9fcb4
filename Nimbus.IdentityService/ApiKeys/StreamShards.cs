using System.ComponentModel.DataAnnotations;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>Section <c>Nimbus:Events</c>: the event streams beside which marks are set; as in the ingest service.</summary>
public sealed record StreamShards
{
    /// <summary>How many streams there are. Too few here, and the marks of some are missing.</summary>
    [Range(1, 1024, ErrorMessage = "Nimbus:Events:Shards must be 1 to 1024, and the same in identity and ingest.")]
    public int Shards { get; init; } = 1;
}
