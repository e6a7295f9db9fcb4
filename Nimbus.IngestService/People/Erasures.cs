using System.Text.Json;
using Nimbus.Events.Schema;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.Writing;
using Nimbus.ServiceDefaults;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.IngestService.People;

/// <summary>
/// Takes a person out of every answer in one transaction, and tells how far the rest is. What is left in files is the job's
/// (<see cref="ErasureJob"/>).
/// </summary>
internal sealed class Erasures(NpgsqlDataSource database, ErasedIdHash hash, TimeProvider time)
{
    private static readonly TimeSpan LookingForDays = TimeSpan.FromSeconds(8);

    // Longer than any transaction of a writer.
    private static readonly TimeSpan LettersOverlap = TimeSpan.FromMinutes(10);

    // Waits for the transactions that store, and keeps the next ones waiting: each is wholly before or after the erasure.
    private const string StopStoringSql = "SELECT pg_advisory_xact_lock(@lock)";

    private const string MembersSql = """
        SELECT i.key, i.raw_id, i.person_id, i.first_seen FROM ids i WHERE i.project_id = @project AND i.canonical = @person ORDER BY i.key
        """;

    private const string BeforeSql = """
        SELECT erasure_id FROM erasures WHERE project_id = @project AND person_ids @> ARRAY[@person_id] ORDER BY requested_at DESC LIMIT 1
        """;

    // By events_by_time. The days of the events as they are stored: UTC.
    private const string DaysSql = """
        SELECT DISTINCT (e.ts AT TIME ZONE 'UTC')::date FROM events e
        WHERE e.project_id = @project AND e.ts >= @first AND coalesce(e.user_key, e.anon_key) = ANY(@keys)
        """;

    private const string LettersSql = """
        SELECT l.id, l.event, l.entry FROM dead_letters l WHERE l.project_id = @project AND l.created_at >= @since
        """;

    private const string EraseSql = """
        DELETE FROM dead_letters WHERE project_id = @project AND id = ANY(@letters);
        DELETE FROM trait_writes WHERE project_id = @project AND owner_kind = 0 AND owner_key = ANY(@keys);
        DELETE FROM group_members WHERE project_id = @project AND id_key = ANY(@keys);
        DELETE FROM cohort_members WHERE project_id = @project AND id_key = ANY(@keys);
        DELETE FROM id_edges WHERE project_id = @project AND (a = ANY(@keys) OR b = ANY(@keys));
        DELETE FROM ids WHERE project_id = @project AND key = ANY(@keys);
        UPDATE erasure_version SET n = n + 1;
        """;

    private const string RememberSql = """
        INSERT INTO erased_ids AS e (project_id, hash, master_key, erased_at)
        SELECT @project, n.hash, @master_key, @now FROM unnest(@hashes) AS n(hash) ORDER BY n.hash
        ON CONFLICT (project_id, hash) DO UPDATE SET erased_at = excluded.erased_at
        """;

    private const string AddSql = """
        INSERT INTO erasures (project_id, erasure_id, person_ids, requested_by, requested_at, keys, days, first_ts, last_n)
        VALUES (@project, @erasure, @person_ids, @user, @now, @keys, @days, @first, @n)
        """;

    private const string AddPlacesSql = """
        INSERT INTO erasure_places (project_id, erasure_id, place, state, done_at, detail)
        SELECT @project, @erasure, n.place, n.state, CASE WHEN n.state <> 'waiting' THEN @now END, n.detail
        FROM unnest(@places, @states, @details) AS n(place, state, detail)
        """;

    private const string ReceiptSql = """
        SELECT requested_at, requested_by, event_count, completed_at FROM erasures WHERE project_id = @project AND erasure_id = @erasure
        """;

    private const string PlacesSql = """
        SELECT place, state, done_at, detail FROM erasure_places WHERE project_id = @project AND erasure_id = @erasure
        """;

    /// <summary>Erases the person of this id. A person erased before is so still: the erasure of then is answered.</summary>
    /// <returns>Null where there is no such person, and never was.</returns>
    public Task<Guid?> EraseAsync(Guid project, Guid user, Guid personId, CancellationToken ct) =>
        DatabaseCalls.AnswerAsync<Guid?>(async () =>
        {
            var known = await KnownAsync(project, personId, ct);
            await using var transaction = await PeopleTransaction.BeginAsync(database, project, ct);
            await transaction.ExecuteAsync(StopStoringSql, ct, new NpgsqlParameter("lock", AdvisoryLocks.KeyGenerations));
            await transaction.LockPeopleAsync(ct);
            if (await transaction.FindAsync(personId, null, ct) is not { Canonical: { } person })
                return await BeforeAsync(transaction, personId, ct);

            var members = await MembersAsync(transaction, person, ct);
            var now = (await NowAsync(transaction, ct)).UtcDateTime;
            var letters = known.Letters.Concat(await LettersAsync(transaction, members, known.LettersUntil - LettersOverlap, ct)).Distinct();
            // Somebody else may have come to belong to the person while their days were looked for.
            var days = known.Keys.IsSupersetOf(members.Select(member => member.Key)) ? known.Days : null;
            var first = members.Min(member => member.FirstSeen);
            var erasure = Guid.CreateVersion7(time.GetUtcNow());

            var keys = StoreTransaction.Longs("keys", members.Select(member => member.Key));
            await transaction.ExecuteAsync(EraseSql, ct, keys.Clone(), StoreTransaction.Uuids("letters", letters));
            await transaction.ExecuteAsync(
                RememberSql, ct, Time("now", now), new NpgsqlParameter("master_key", hash.CurrentKey),
                StoreTransaction.Uuids("hashes", members.Select(member => hash.Of(hash.CurrentKey, project, member.RawId))));
            await AddPlacesAsync(transaction, erasure, now, ct);
            var n = await TellAsync(transaction, erasure, [.. members.Select(member => member.Key)], days, first, now, ct);
            await transaction.ExecuteAsync(
                AddSql, ct, new NpgsqlParameter("erasure", erasure), StoreTransaction.Uuids("person_ids", members.Select(member => member.PersonId)),
                new NpgsqlParameter("user", user), Time("now", now), keys.Clone(), Days(days), Time("first", first), new NpgsqlParameter("n", n));
            await transaction.CommitAsync(ct);
            return erasure;
        });

    /// <summary>Null where there is no such erasure in the project.</summary>
    public Task<ErasureReceipt?> FindAsync(Guid project, Guid erasure, CancellationToken ct) =>
        DatabaseCalls.AnswerAsync<ErasureReceipt?>(async () =>
        {
            await using var transaction = await PeopleTransaction.BeginAsync(database, project, ct);
            var places = await PlacesAsync(transaction, erasure, ct);
            await using var command = transaction.Command(ReceiptSql, new NpgsqlParameter("erasure", erasure));
            await using var reader = await command.ExecuteReaderAsync(ct);
            if (!await reader.ReadAsync(ct))
                return null;
            DateTimeOffset? completed = reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3);
            var status = completed is null ? ErasureStatus.Running
                : places.Any(place => place.State == PlaceState.LeftToOperator) ? ErasureStatus.NeedsOperator : ErasureStatus.Complete;
            return new ErasureReceipt(
                erasure, project, status, reader.GetFieldValue<DateTimeOffset>(0), reader.GetGuid(1), reader.GetInt64(2), completed, places);
        });

    /// <summary>What can be found out before anybody has to wait: on which days the person did something, and their letters.</summary>
    private async Task<Known> KnownAsync(Guid project, Guid personId, CancellationToken ct)
    {
        await using var transaction = await PeopleTransaction.BeginAsync(database, project, ct);
        var now = await NowAsync(transaction, ct);
        if (await transaction.FindAsync(personId, null, ct) is not { Canonical: { } person })
            return new Known([], [], now, []);
        var members = await MembersAsync(transaction, person, ct);
        var letters = await LettersAsync(transaction, members, DateTimeOffset.UnixEpoch, ct);
        var keys = members.Select(member => member.Key).ToHashSet();
        return new Known(keys, letters, now, await DaysAsync(transaction, keys, members.Min(member => member.FirstSeen), ct));
    }

    /// <summary>Null where looking takes too long: then all days since the first are read again.</summary>
    private static async Task<List<DateOnly>?> DaysAsync(PeopleTransaction transaction, IEnumerable<long> keys, DateTime first, CancellationToken ct)
    {
        await transaction.ExecuteAsync(
            "SELECT set_config('statement_timeout', @timeout, true)", ct,
            new NpgsqlParameter("timeout", $"{(long)LookingForDays.TotalMilliseconds}ms"));
        try
        {
            await using var command = transaction.Command(DaysSql, Time("first", first), StoreTransaction.Longs("keys", keys));
            await using var reader = await command.ExecuteReaderAsync(ct);
            var days = new List<DateOnly>();
            while (await reader.ReadAsync(ct))
                days.Add(reader.GetFieldValue<DateOnly>(0));
            return days;
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled && !ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task<Guid?> BeforeAsync(PeopleTransaction transaction, Guid personId, CancellationToken ct)
    {
        await using var command = transaction.Command(BeforeSql, new NpgsqlParameter("person_id", personId));
        return await command.ExecuteScalarAsync(ct) as Guid?;
    }

    private static async Task<List<Member>> MembersAsync(PeopleTransaction transaction, long person, CancellationToken ct)
    {
        await using var command = transaction.Command(MembersSql, new NpgsqlParameter("person", person));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var members = new List<Member>();
        while (await reader.ReadAsync(ct))
            members.Add(new Member(reader.GetInt64(0), reader.GetString(1), reader.GetGuid(2), reader.GetDateTime(3)));
        return members;
    }

    private static async Task<DateTimeOffset> NowAsync(PeopleTransaction transaction, CancellationToken ct)
    {
        await using var command = transaction.Command("SELECT clock_timestamp()");
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return reader.GetFieldValue<DateTimeOffset>(0);
    }

    private static async Task<List<Guid>> LettersAsync(
        PeopleTransaction transaction, List<Member> members, DateTimeOffset since, CancellationToken ct)
    {
        var ids = members.Select(member => member.RawId).ToHashSet();
        await using var command = transaction.Command(LettersSql, Time("since", since.UtcDateTime));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var letters = new List<Guid>();
        while (await reader.ReadAsync(ct))
        {
            var entry = reader.IsDBNull(2) ? null : reader.GetFieldValue<byte[]>(2);
            if (IdsOf(reader.GetFieldValue<byte[]>(1), entry).Overlaps(ids))
                letters.Add(reader.GetGuid(0));
        }
        return letters;
    }

    /// <summary>Of an event that intake understood its own ids; of any other whatever may be one.</summary>
    private static HashSet<string> IdsOf(byte[] received, byte[]? entry)
    {
        if (entry is null)
            return NamedIds.In(received);
        try
        {
            return [.. EntryCodec.Decode(entry).Events
                .SelectMany(e => new[] { e.UserId, e.AnonymousId, e.OtherId }).OfType<string>()];
        }
        catch (InvalidDataException)
        {
            return NamedIds.In(received);
        }
    }

    private static Task<int> AddPlacesAsync(PeopleTransaction transaction, Guid erasure, DateTime now, CancellationToken ct)
    {
        var places = ErasurePlaces.Rewritten.Select(place => (place, State: PlaceState.Waiting, Detail: ""))
            .Concat(ErasurePlaces.WithoutIds.Select(place => (place.Key, State: PlaceState.HoldsNoIds, Detail: place.Value))).ToList();
        return transaction.ExecuteAsync(
            AddPlacesSql, ct, new NpgsqlParameter("erasure", erasure), Time("now", now),
            StoreTransaction.Texts("places", places.Select(place => place.Item1)),
            StoreTransaction.Texts("states", places.Select(place => NameOf(place.State))),
            StoreTransaction.Texts("details", places.Select(place => place.Detail)));
    }

    /// <summary>Says it in the outbox: who is gone, and which days have fewer events.</summary>
    /// <returns>The number of the last of these changes.</returns>
    private static async Task<long> TellAsync(
        PeopleTransaction transaction, Guid erasure, long[] keys, List<DateOnly>? days, DateTime first, DateTime now, CancellationToken ct)
    {
        var n = await Outbox.WriteAsync(
            transaction.Store, transaction.Project, erasure, OutboxKind.PeopleChanged | OutboxKind.TraitsChanged, keys, range: null, ct);
        // No event is more than a day ahead.
        var last = now.AddDays(2);
        IEnumerable<(DateTime, DateTime)> ranges = days is null ? first < last ? [(first, last)] : [] : DayRanges.Of(days);
        foreach (var range in ranges)
            n = await Outbox.WriteAsync(transaction.Store, transaction.Project, erasure, OutboxKind.EventsDeleted, null, range, ct);
        return n;
    }

    private static async Task<List<ErasurePlace>> PlacesAsync(PeopleTransaction transaction, Guid erasure, CancellationToken ct)
    {
        await using var command = transaction.Command(PlacesSql, new NpgsqlParameter("erasure", erasure));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var places = new List<ErasurePlace>();
        while (await reader.ReadAsync(ct))
        {
            places.Add(new ErasurePlace(
                reader.GetString(0), Enum.GetValues<PlaceState>().Single(state => NameOf(state) == reader.GetString(1)),
                reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2),
                reader.IsDBNull(3) || reader.GetString(3).Length == 0 ? null : reader.GetString(3)));
        }
        var order = ErasurePlaces.Rewritten.Concat(ErasurePlaces.WithoutIds.Keys).ToList();
        return [.. places.OrderBy(place => order.IndexOf(place.Place)).ThenBy(place => place.Place, StringComparer.Ordinal)];
    }

    /// <summary>As the table and the answer have it.</summary>
    internal static string NameOf(PlaceState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    private static NpgsqlParameter Time(string name, DateTime value) => new(name, NpgsqlDbType.TimestampTz) { Value = value };

    private static NpgsqlParameter Days(List<DateOnly>? days) =>
        new("days", NpgsqlDbType.Array | NpgsqlDbType.Date) { Value = (object?)days?.ToArray() ?? DBNull.Value };

    private readonly record struct Member(long Key, string RawId, Guid PersonId, DateTime FirstSeen);

    /// <param name="LettersUntil">Letters of then are among those found.</param>
    private sealed record Known(HashSet<long> Keys, List<Guid> Letters, DateTimeOffset LettersUntil, List<DateOnly>? Days);
}
