using Nimbus.Events;
using Nimbus.Events.Schema;
using Nimbus.IngestService.Writing;
using Nimbus.ServiceDefaults;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.IngestService.People;

/// <summary>Joins two persons, takes back what joined two ids, and tells what holds a person together.</summary>
internal sealed class Merges(NpgsqlDataSource database, IngestMetrics metrics, TimeProvider time)
{
    private const string Columns = "e.edge_id, e.kind, a.raw_id, b.raw_id, e.ts, e.event_id, e.made_by, e.undone_at, e.undone_by";

    private const string Ends = """
        JOIN ids a ON a.project_id = @project AND a.key = e.a
        JOIN ids b ON b.project_id = @project AND b.key = e.b
        """;

    // Of the links of an anonymous id only the first holds anything together, so the others are left out: on a shared device
    // there may be thousands. By index: id_edges_first_link, id_edges_by_a, id_edges_by_b, id_edges_links.
    private const string PageSql = $"""
        WITH members AS (SELECT i.key FROM ids i WHERE i.project_id = @project AND i.canonical = @person),
        edges AS (
            SELECT first.* FROM members m
            CROSS JOIN LATERAL (
                SELECT e.edge_id
                FROM (SELECT e.edge_id, e.b FROM id_edges e
                      WHERE e.project_id = @project AND e.a = m.key AND e.kind = 0 AND e.undone_at IS NULL
                      ORDER BY e.ts FETCH FIRST ROW WITH TIES) AS e
                JOIN ids u ON u.project_id = @project AND u.key = e.b
                ORDER BY u.raw_id COLLATE "C" LIMIT 1) AS first
            UNION
            SELECT e.edge_id FROM members m JOIN id_edges e ON e.project_id = @project AND e.a = m.key
            WHERE e.kind <> 0 OR e.undone_at IS NOT NULL
            UNION
            SELECT e.edge_id FROM members m JOIN id_edges e ON e.project_id = @project AND e.b = m.key
            WHERE e.kind <> 0 OR e.undone_at IS NOT NULL)
        SELECT {Columns}
        FROM edges JOIN id_edges e ON e.project_id = @project AND e.edge_id = edges.edge_id
        {Ends}
        WHERE e.edge_id > @after
        ORDER BY e.edge_id LIMIT @take
        """;

    private const string OneSql = $"SELECT {Columns} FROM id_edges e {Ends} WHERE e.project_id = @project AND e.edge_id = @edge";

    private const string AddSql = """
        INSERT INTO id_edges (project_id, edge_id, a, b, kind, ts, made_by) VALUES (@project, @edge, @a, @b, @kind, @now, @user)
        """;

    private const string LockSql = """
        SELECT e.a, e.b, e.undone_at IS NOT NULL FROM id_edges e WHERE e.project_id = @project AND e.edge_id = @edge FOR UPDATE
        """;

    private const string UndoSql = """
        UPDATE id_edges SET undone_at = @now, undone_by = @user WHERE project_id = @project AND edge_id = @edge
        """;

    private const string PersonsOfSql = """
        SELECT DISTINCT p.key, p.person_id, (SELECT count(*) FROM ids m WHERE m.project_id = @project AND m.canonical = p.key)
        FROM ids i JOIN ids p ON p.project_id = @project AND p.key = i.canonical
        WHERE i.project_id = @project AND i.key = ANY(@keys)
        ORDER BY p.key
        """;

    /// <summary>Edges of the person, in the order in which they were stored; null where there is no such person.</summary>
    public Task<List<PersonMerge>?> PageAsync(Guid project, Guid personId, Guid after, int take, CancellationToken ct) =>
        DatabaseCalls.AnswerAsync(async () =>
        {
            await using var transaction = await PeopleTransaction.BeginAsync(database, project, ct);
            if (await transaction.FindAsync(personId, null, ct) is not { Canonical: { } person })
                return null;
            await using var command = transaction.Command(
                PageSql, new NpgsqlParameter("person", person), new NpgsqlParameter("after", after), new NpgsqlParameter("take", take));
            return await ReadAsync(command, ct);
        });

    /// <summary>Makes one person of those that the two ids stand for.</summary>
    /// <exception cref="ProblemException">400 <c>protected_id</c> or <c>same_id</c>, 404 <c>person_not_found</c>.</exception>
    public Task<MergeResult> JoinAsync(Guid project, Guid user, (Guid? Person, string? RawId)[] both, CancellationToken ct) =>
        DatabaseCalls.AnswerAsync(async () =>
        {
            if (both.Any(end => end.RawId is { } raw && ProtectedIds.Contains(raw)))
                throw ProtectedId();
            await using var transaction = await PeopleTransaction.BeginAsync(database, project, ct);
            await transaction.LockPeopleAsync(ct);
            var (a, b) = (await EndAsync(transaction, both[0], ct), await EndAsync(transaction, both[1], ct));
            // Two ids that something else makes one person are joined all the same: that may end, and a merge does not depend on
            // what arrived before it.
            if (a == b)
                throw new ProblemException(400, "same_id", "An id cannot be merged with itself.");

            var edge = Guid.CreateVersion7(time.GetUtcNow());
            await transaction.ExecuteAsync(
                AddSql, ct,
                new NpgsqlParameter("edge", edge), new NpgsqlParameter("a", Math.Min(a, b)), new NpgsqlParameter("b", Math.Max(a, b)),
                new NpgsqlParameter("kind", (short)IdEdgeKind.Merge), Now(), new NpgsqlParameter("user", user));
            await MoveAsync(transaction, edge, [a, b], ct);
            var merge = await OneAsync(transaction, edge, ct);
            var (_, personId, ids) = (await PersonsOfAsync(transaction, [a, b], ct)).Single();
            await transaction.CommitAsync(ct);
            return new MergeResult(merge, personId, ids, WarningsAbout(ids));
        });

    /// <summary>Takes an edge back: the ids are what they would be had it never been.</summary>
    /// <exception cref="ProblemException">404 <c>merge_not_found</c>, 409 <c>already_undone</c>.</exception>
    public Task<UndoResult> UndoAsync(Guid project, Guid user, Guid edge, CancellationToken ct) =>
        DatabaseCalls.AnswerAsync(async () =>
        {
            await using var transaction = await PeopleTransaction.BeginAsync(database, project, ct);
            await transaction.LockPeopleAsync(ct);
            var (a, b) = await EndsAsync(transaction, edge, ct);
            await transaction.ExecuteAsync(UndoSql, ct, new NpgsqlParameter("edge", edge), Now(), new NpgsqlParameter("user", user));
            await MoveAsync(transaction, edge, [a, b], ct);
            var merge = await OneAsync(transaction, edge, ct);
            var persons = await PersonsOfAsync(transaction, [a, b], ct);
            await transaction.CommitAsync(ct);
            return new UndoResult(merge, [.. persons.Select(person => person.Id)]);
        });

    private static async Task<long> EndAsync(
        PeopleTransaction transaction, (Guid? Person, string? RawId) end, CancellationToken ct) =>
        await transaction.FindAsync(end.Person, end.RawId, ct) switch
        {
            null => throw new ProblemException(404, "person_not_found", "There is no such person in this project."),
            (_, null) => throw ProtectedId(),
            (var key, _) => key,
        };

    private static ProblemException ProtectedId() =>
        new(400, "protected_id", "An id such as 'anonymous' or 'null' stands for nobody and cannot be merged.");

    private static async Task<(long A, long B)> EndsAsync(PeopleTransaction transaction, Guid edge, CancellationToken ct)
    {
        await using var command = transaction.Command(LockSql, new NpgsqlParameter("edge", edge));
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            throw new ProblemException(404, "merge_not_found", "There is no such merge in this project.");
        return reader.GetBoolean(2)
            ? throw new ProblemException(409, "already_undone", "This merge was taken back before.")
            : (reader.GetInt64(0), reader.GetInt64(1));
    }

    private async Task MoveAsync(PeopleTransaction transaction, Guid edge, long[] ends, CancellationToken ct)
    {
        var moved = await Writing.People.RecomputeAsync(transaction.Store, transaction.Project, ends, ct);
        if (transaction.Store.LargestPerson > CanonicalIds.ManyIds)
            metrics.LargePerson();
        // The last but for reading: from here to the commit the project's number is locked.
        await Outbox.WriteAsync(transaction.Store, transaction.Project, edge, OutboxKind.PeopleChanged, moved, range: null, ct);
    }

    private static async Task<PersonMerge> OneAsync(PeopleTransaction transaction, Guid edge, CancellationToken ct)
    {
        await using var command = transaction.Command(OneSql, new NpgsqlParameter("edge", edge));
        return (await ReadAsync(command, ct)).Single();
    }

    private static async Task<List<(long Key, Guid Id, int Ids)>> PersonsOfAsync(
        PeopleTransaction transaction, IEnumerable<long> keys, CancellationToken ct)
    {
        await using var command = transaction.Command(PersonsOfSql, StoreTransaction.Longs("keys", keys));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var persons = new List<(long, Guid, int)>();
        while (await reader.ReadAsync(ct))
            persons.Add((reader.GetInt64(0), reader.GetGuid(1), (int)reader.GetInt64(2)));
        return persons;
    }

    private static async Task<List<PersonMerge>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        var merges = new List<PersonMerge>();
        while (await reader.ReadAsync(ct))
        {
            merges.Add(new PersonMerge(
                reader.GetGuid(0), (MergeKind)reader.GetInt16(1), [reader.GetString(2), reader.GetString(3)],
                reader.GetFieldValue<DateTimeOffset>(4), OrNull<Guid>(5), OrNull<Guid>(6), OrNull<DateTimeOffset>(7), OrNull<Guid>(8)));
        }
        return merges;

        T? OrNull<T>(int column) where T : struct => reader.IsDBNull(column) ? null : reader.GetFieldValue<T>(column);
    }

    private static List<PersonWarning> WarningsAbout(int ids) => ids <= CanonicalIds.ManyIds
        ? []
        : [new("many_ids", $"The person has {ids} ids now. More than {CanonicalIds.ManyIds} are most likely not one person.")];

    private NpgsqlParameter Now() => new("now", NpgsqlDbType.TimestampTz) { Value = time.GetUtcNow().UtcDateTime };
}
