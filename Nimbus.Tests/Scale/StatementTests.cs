using System.Reflection;
using Nimbus.Events.Schema;

namespace Nimbus.Tests.Scale;

public sealed class StatementTests
{
    private static readonly HashSet<string> Distributed =
    [
        "events", "visible_events", "event_names", "ids", "id_edges", "ingest_batches", "event_keys_0", "event_keys_1", "project_seq", "outbox",
        "dead_letters", "groups", "group_members", "trait_writes", "erasures", "erasure_places", "erased_ids", "cohorts", "cohort_members",
        "insights", "dashboards", "annotations", "dashboard_links", "project_floors",
    ];

    [Fact]
    public void Dump()
    {
        var lines = new List<string>();
        foreach (var (name, sql) in Constants())
        {
            var faults = SqlStatement.FaultsOf(sql, Distributed);
            lines.Add($"{(faults.Count == 0 ? "ok " : "BAD")} {name}: {string.Join("; ", faults)}\n{(faults.Count == 0 ? "" : sql)}");
        }
        File.WriteAllLines("/tmp/statements.txt", lines);
    }

    private static IEnumerable<(string Name, string Sql)> Constants() =>
        from assembly in new[] { typeof(EventsSchema).Assembly, typeof(Nimbus.IngestService.IngestOptions).Assembly, typeof(Nimbus.QueryService.Engine.EngineOptions).Assembly }
        from type in assembly.GetTypes()
        from field in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
        where field.IsLiteral && field.FieldType == typeof(string) && field.Name.EndsWith("Sql", StringComparison.Ordinal)
        select ($"{type.Name}.{field.Name}", (string)field.GetRawConstantValue()!);
}
