using Npgsql;

namespace Nimbus.Events.Schema;

/// <summary>
/// The tables of eventsdb on a Citus cluster. Those of projects are distributed by project_id and lie together, so that what is about
/// one project is on one node. Every unique key of theirs contains project_id, and there are no foreign keys.
/// </summary>
internal static class DistributedTables
{
    /// <summary>By project, the first one being the one that the others lie beside. Partitions go with their table.</summary>
    public static readonly string[] OfProjects =
    [
        "project_seq", "events", "event_names", "ids", "id_edges", "ingest_batches", "event_keys_0", "event_keys_1", "outbox", "groups",
        "group_members", "trait_writes", "erasures", "erasure_places", "erased_ids", "cohorts", "cohort_members", "insights", "dashboards",
        "annotations", "dashboard_links", "project_floors",
    ];

    /// <summary>
    /// On the coordinator: one row each, the schema's own, and dead letters, some of which are of no known project, so that their
    /// key cannot contain it.
    /// </summary>
    public static readonly string[] OfCoordinator =
        ["schema_version", "event_key_generation", "stream_epoch", "erasure_version", "dead_letters"];

    private const string IsDistributedSql = "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = @table::regclass)";

    // Once, before there is much in them: what is there moves to the nodes while nobody may write.
    private const string DistributeSql = "SELECT create_distributed_table(@table::regclass, 'project_id', colocate_with => @beside)";

    /// <summary>Distributes what is not distributed yet. Needs the extension, which an administrator may have to create.</summary>
    public static async Task EnsureAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using (var known = new NpgsqlCommand("SELECT to_regclass('pg_dist_partition') IS NOT NULL", connection))
        {
            if (await known.ExecuteScalarAsync(ct) is not true)
            {
                await using var create = new NpgsqlCommand("CREATE EXTENSION citus", connection);
                await create.ExecuteNonQueryAsync(ct);
            }
        }
        foreach (var table in OfProjects)
        {
            await using var distributed = new NpgsqlCommand(IsDistributedSql, connection);
            distributed.Parameters.AddWithValue("table", table);
            if (await distributed.ExecuteScalarAsync(ct) is true)
                continue;
            await using var distribute = new NpgsqlCommand(DistributeSql, connection) { CommandTimeout = 0 };
            distribute.Parameters.AddWithValue("table", table);
            distribute.Parameters.AddWithValue("beside", table == OfProjects[0] ? "none" : OfProjects[0]);
            await distribute.ExecuteNonQueryAsync(ct);
        }
    }
}
