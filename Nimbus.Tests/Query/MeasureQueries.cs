using Microsoft.Extensions.Options;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Querying;

namespace Nimbus.Tests.Query;

/// <summary>Measures over projects in memory, in one piece or cut into many as a large project is.</summary>
internal static class MeasureQueries
{
    /// <summary>The project in one block.</summary>
    public static ProjectSnapshot Whole(StoredProject project) => MemoryProject.From(Events(project.Events), project.SamePerson);

    /// <summary>The project in blocks of a few events, three of them to a sealed segment, the last blocks in none.</summary>
    public static ProjectSnapshot Cut(StoredProject project, int sealedBlocks = 24, long version = 1000) => MemoryProject.From(
        Events(project.Events), project.SamePerson, blockEvents: 17,
        sealedVersion: block => block < sealedBlocks ? version + (block / 3) : 0);

    public static PartCache Parts(long bytes = 1 << 26) =>
        new(Options.Create(new QueryLimits { PartCacheBytes = bytes }), new QueryMetrics(new Meters()));

    public static QueryRun Run(ProjectSnapshot snapshot, PartCache? parts = null, int threads = 2) =>
        new(snapshot, new QueryLimits { Threads = threads }, default, parts);

    /// <summary>The number that a project in memory gives an id: in order of first use.</summary>
    public static long? IdKey(StoredProject project, string? rawId)
    {
        var ids = project.Events.SelectMany(e => new[] { e.UserId, e.AnonymousId }).OfType<string>().Distinct().ToList();
        return rawId is not null && ids.IndexOf(rawId) is >= 0 and var index ? index + 1 : null;
    }

    private static IEnumerable<MemoryEvent> Events(IEnumerable<StoredEvent> events) => events.Select(e => new MemoryEvent(
        new DateTimeOffset(e.Ts).ToUnixTimeMilliseconds(), e.Name, e.UserId, e.AnonymousId, e.Props));
}
