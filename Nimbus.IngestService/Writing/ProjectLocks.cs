namespace Nimbus.IngestService.Writing;

/// <summary>Locks of whole projects, until the end of the transaction.</summary>
internal static class ProjectLocks
{
    // In the order of the lock numbers, not of the projects: two projects may share a number.
    private const string LockSql = """
        SELECT pg_advisory_xact_lock(@class, number)
        FROM (SELECT DISTINCT hashtext(p::text) AS number FROM unnest(@projects) AS p ORDER BY number) AS numbers
        """;

    /// <summary>Takes one lock per project.</summary>
    /// <param name="lockClass">One of <see cref="Events.Schema.AdvisoryLocks"/>.</param>
    public static async Task TakeAsync(StoreTransaction store, int lockClass, IEnumerable<Guid> projects, CancellationToken ct)
    {
        await using var command = store.Command(
            LockSql, new Npgsql.NpgsqlParameter("class", lockClass), StoreTransaction.Uuids("projects", projects.Distinct()));
        await command.ExecuteNonQueryAsync(ct);
    }
}
