using Nimbus.Events;
using Nimbus.QueryService.Querying;

namespace Nimbus.QueryService.Live;

/// <summary>Who of a project did something lately, by the ids they did it under. For one thread.</summary>
internal sealed class LivePeople(QueryDatabase database, Guid projectId, TimeSpan within)
{
    private const int MaxIds = 1_000_000;

    // By events_by_time.
    private const string LatelySql = """
        SELECT coalesce(e.user_key, e.anon_key), max(e.ts) FROM events e
        WHERE e.project_id = @project_id AND e.ts >= @since AND coalesce(e.user_key, e.anon_key) IS NOT NULL
        GROUP BY 1 LIMIT @most
        """;

    private const string WhoSql = "SELECT key, canonical FROM ids WHERE project_id = @project_id AND key = ANY(@keys)";

    private const string PersonSql = """
        SELECT i.raw_id, p.person_id FROM ids i
        JOIN ids p ON p.project_id = @project_id AND p.key = i.canonical
        WHERE i.project_id = @project_id AND i.raw_id = ANY(@raw_ids)
        """;

    private readonly Dictionary<long, long> _latest = [];
    private readonly Dictionary<long, long?> _canonical = [];

    /// <summary>Begins with what is stored already.</summary>
    public Task BeginAsync(DateTimeOffset now, CancellationToken ct) => database.ReadAsync("live", projectId, async snapshot =>
    {
        await using var command = snapshot.Command(LatelySql);
        command.Parameters.AddWithValue("project_id", projectId);
        command.Parameters.AddWithValue("since", (now - within).UtcDateTime);
        command.Parameters.AddWithValue("most", MaxIds);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            Add(new(reader.GetInt64(0), new DateTimeOffset(reader.GetDateTime(1)).ToUnixTimeMilliseconds()), now);
        return 0;
    }, ct);

    /// <remarks>Who is ahead of our clock was active just now.</remarks>
    public void Add(LivePerson person, DateTimeOffset now)
    {
        if (_latest.Count < MaxIds || _latest.ContainsKey(person.Key))
            _latest[person.Key] = Math.Max(_latest.GetValueOrDefault(person.Key), Math.Min(person.LatestMs, now.ToUnixTimeMilliseconds()));
    }

    /// <summary>How many people are active now.</summary>
    /// <param name="looksAgain">Whose ids are may have changed.</param>
    public async Task<int> CountAsync(DateTimeOffset now, bool looksAgain, CancellationToken ct)
    {
        var since = (now - within).ToUnixTimeMilliseconds();
        foreach (var (key, latest) in _latest)
        {
            if (latest >= since) continue;
            _latest.Remove(key);
            _canonical.Remove(key);
        }
        await LookUpAsync([.. looksAgain ? _latest.Keys : _latest.Keys.Where(key => !_canonical.ContainsKey(key))], ct);
        return _latest.Keys.Select(key => _canonical.GetValueOrDefault(key)).Where(person => person is not null).Distinct().Count();
    }

    /// <summary>The people of raw ids, as they are known outside.</summary>
    public Task<Dictionary<string, Guid>> PersonsAsync(string[] rawIds, CancellationToken ct) => rawIds.Length == 0
        ? Task.FromResult(new Dictionary<string, Guid>())
        : database.ReadAsync("live", projectId, async snapshot =>
        {
            await using var command = snapshot.Command(PersonSql);
            command.Parameters.AddWithValue("project_id", projectId);
            command.Parameters.AddWithValue("raw_ids", rawIds);
            var persons = new Dictionary<string, Guid>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) persons[reader.GetString(0)] = reader.GetGuid(1);
            return persons;
        }, ct);

    private Task LookUpAsync(long[] keys, CancellationToken ct) => keys.Length == 0 ? Task.CompletedTask : database.ReadAsync("live", projectId, async snapshot =>
    {
        await using var command = snapshot.Command(WhoSql);
        command.Parameters.AddWithValue("project_id", projectId);
        command.Parameters.AddWithValue("keys", keys);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) _canonical[reader.GetInt64(0)] = reader.IsDBNull(1) ? null : reader.GetInt64(1);
        return 0;
    }, ct);
}
