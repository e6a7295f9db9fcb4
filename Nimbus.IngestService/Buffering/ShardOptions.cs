using System.ComponentModel.DataAnnotations;

namespace Nimbus.IngestService.Buffering;

/// <summary>How the stream and the tables are spread, section <c>Nimbus:Events</c>. Intake, writer and identity must agree on it.</summary>
public sealed record ShardOptions
{
    /// <summary>Keys of the stream, which a Redis cluster spreads over its nodes.</summary>
    [Range(1, 1024)] public int Shards { get; init; } = 1;

    /// <summary>eventsdb is a Citus cluster: tables are distributed by project, and the writer stores one project at a time.</summary>
    public bool Distributed { get; init; }
}
