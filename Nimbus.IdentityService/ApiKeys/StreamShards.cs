using System.ComponentModel.DataAnnotations;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>How the stream is spread, section <c>Nimbus:Events</c>. Intake, writer and identity must agree on it.</summary>
public sealed record StreamShards
{
    /// <summary>Keys of the stream, which a Redis cluster spreads over its nodes.</summary>
    // Too few here, and what keys are marked with is missing beside some.
    [Range(1, 1024, ErrorMessage = "Nimbus:Events:Shards must be 1 to 1024, and the same in identity and ingest.")]
    public int Shards { get; init; } = 1;
}
