using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nimbus.Events;
using Nimbus.QueryService.Engine;

namespace Nimbus.QueryService.Querying;

/// <summary>Reads a trait of all of a project's people, as of now (docs/metrics.md#persons).</summary>
/// <remarks>What was written is kept by the ids it was written to, and read again once it has changed.</remarks>
public sealed class TraitReader(QueryDatabase database)
{
    /// <summary>How many traits are kept, the last ones asked about.</summary>
    private const int MaxKept = 100;

    // Kinds of changes: traits were written (4), something was deleted (8).
    private const string ChangedSql = """
        SELECT (SELECT epoch FROM stream_epoch),
               coalesce((SELECT n FROM project_seq WHERE project_id = @project_id), 0),
               (SELECT min(n) FROM outbox WHERE project_id = @project_id AND n > @since),
               EXISTS (SELECT FROM outbox WHERE project_id = @project_id AND n > @since AND kind & 12 <> 0)
        """;

    // A deletion of all traits has no name.
    private const string WritesSql = """
        SELECT w.owner_key, w.name, w.ts, w.event_id, w.op, w.value::text
        FROM trait_writes w
        WHERE w.project_id = @project_id AND w.owner_kind = 0 AND (w.name = @name OR w.name = '')
        """;

    private static readonly JsonSerializerOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    private readonly ConcurrentDictionary<(Guid Project, string Name), Kept> _kept = new();
    private long _uses;

    /// <summary>The values of the people of a snapshot; null where nobody has any.</summary>
    internal async Task<PersonCodes?> ReadAsync(ProjectSnapshot snapshot, Guid projectId, string name, CancellationToken ct)
    {
        var kept = _kept.GetOrAdd((projectId, name), _ => new Kept());
        kept.LastUse = Interlocked.Increment(ref _uses);
        if (_kept.Count > MaxKept) _kept.TryRemove(_kept.MinBy(trait => trait.Value.LastUse).Key, out _);
        await kept.Reading.WaitAsync(ct);
        try
        {
            if (kept.Writes is null || snapshot.Watermark > kept.N) await RefreshAsync(kept, projectId, name, ct);
            // New ids have no values, unless what was written to them is known already.
            var knownIds = kept.Ahead ? snapshot.People.Count : 0;
            if (kept.CodesOf != (snapshot.People.Version, kept.ReadAt, knownIds))
            {
                kept.Codes = CodesOf(kept.Writes!, snapshot.People, ct);
                kept.Ahead = kept.Writes!.Keys.Any(owner => snapshot.People.Dense(owner) < 0);
                kept.CodesOf = (snapshot.People.Version, kept.ReadAt, kept.Ahead ? snapshot.People.Count : 0);
            }
            return kept.Codes;
        }
        finally
        {
            kept.Reading.Release();
        }
    }

    /// <summary>The values that come of the writes to all ids of each person.</summary>
    internal static PersonCodes? CodesOf(
        IReadOnlyDictionary<long, List<TraitWrite>> writes, PersonMap people, CancellationToken ct = default)
    {
        var values = new ValueDictionary();
        var ofPerson = new Dictionary<int, List<TraitWrite>>();
        foreach (var (owner, written) in writes)
        {
            var person = people.Canonical(people.Dense(owner));
            if (person < 0) continue;
            if (!ofPerson.TryGetValue(person, out var all)) ofPerson.Add(person, written);
            else ofPerson[person] = [.. all, .. written];
        }
        if (ofPerson.Count == 0) return null;
        var codes = new int[people.Count];
        foreach (var (person, written) in ofPerson)
        {
            ct.ThrowIfCancellationRequested();
            codes[person] = values.Add(ValueOf(written));
        }
        var canonical = people.CanonicalIds;
        for (var dense = 0; dense < codes.Length; dense++)
            codes[dense] = canonical[dense] < 0 ? 0 : codes[canonical[dense]];
        return new(values, codes, ofNobody: 0);
    }

    private static PropertyValue ValueOf(List<TraitWrite> writes)
    {
        // Most people have one write, of a plain value.
        if (writes is [{ Operation: TraitOperation.Set or TraitOperation.SetOnce, Value.ValueKind: not (JsonValueKind.Array or JsonValueKind.Object) } only])
            return PropertyValue.OfJson(only.Value.GetRawText());
        var node = Traits.Of(writes).Where(trait => trait.Key.Length > 0).Select(trait => trait.Value).SingleOrDefault();
        return node is null ? PropertyValue.NotSet : PropertyValue.OfJson(node.ToJsonString(AnyDepth));
    }

    private Task<int> RefreshAsync(Kept kept, Guid projectId, string name, CancellationToken ct) =>
        database.ReadAsync("traits", projectId, async snapshot =>
        {
            await using (var changed = snapshot.Command(ChangedSql))
            {
                changed.Parameters.AddWithValue("project_id", projectId);
                changed.Parameters.AddWithValue("since", kept.N);
                await using var row = await changed.ExecuteReaderAsync(ct);
                await row.ReadAsync(ct);
                var (epoch, n) = (row.GetGuid(0), row.GetInt64(1));
                long? next = row.IsDBNull(2) ? null : row.GetInt64(2);
                // Where old rows of the outbox are gone, nobody knows what they were.
                var isKnown = kept.Writes is not null && kept.Epoch == epoch && n >= kept.N && (n == kept.N || next == kept.N + 1);
                var hasChanged = !isKnown || row.GetBoolean(3);
                (kept.Epoch, kept.N) = (epoch, n);
                if (!hasChanged) return 0;
            }
            kept.Writes = null;
            await using var command = snapshot.Command(WritesSql);
            command.Parameters.AddWithValue("project_id", projectId);
            command.Parameters.AddWithValue("name", name);
            var writes = new Dictionary<long, List<TraitWrite>>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var owner = reader.GetInt64(0);
                if (!writes.TryGetValue(owner, out var written)) writes.Add(owner, written = new(1));
                written.Add(Write(reader));
            }
            kept.Writes = writes;
            kept.ReadAt++;
            return 0;
        }, ct);

    private static TraitWrite Write(Npgsql.NpgsqlDataReader reader) => new(
        reader.GetString(1),
        new DateTimeOffset(reader.GetDateTime(2)).ToUnixTimeMilliseconds(),
        reader.GetGuid(3),
        (TraitOperation)reader.GetInt16(4),
        JsonSerializer.Deserialize<JsonElement>(reader.GetString(5), AnyDepth));

    private sealed class Kept
    {
        public SemaphoreSlim Reading { get; } = new(1, 1);

        public Guid Epoch { get; set; }

        /// <summary>The project's number as of which the writes are.</summary>
        public long N { get; set; }

        /// <summary>By key of the id they were written to.</summary>
        public Dictionary<long, List<TraitWrite>>? Writes { get; set; }

        public long ReadAt { get; set; }

        public PersonCodes? Codes { get; set; }

        /// <summary>Which people and which writes the codes are of, and of how many ids where that matters.</summary>
        public (long People, long ReadAt, int Ids)? CodesOf { get; set; }

        /// <summary>There are writes to ids that the snapshot does not know.</summary>
        public bool Ahead { get; set; }

        public long LastUse { get; set; }
    }
}
