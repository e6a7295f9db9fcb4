using Nimbus.Events;
using Npgsql;

namespace Nimbus.Tests.Query;

/// <summary>A project of the test's own with its events, and which ids are one person.</summary>
/// <param name="SamePerson">Raw id → raw id that stands for the person; ids that are missing stand for themselves.</param>
public sealed record StoredProject(
    Guid Id, IReadOnlyList<StoredEvent> Events, IReadOnlyDictionary<string, string> SamePerson)
{
    /// <summary>Whose the event is: the raw id that stands for the person, or null for nobody's.</summary>
    public string? Person(StoredEvent e) =>
        (e.UserId ?? e.AnonymousId) is { } id && !ProtectedIds.Contains(id) ? SamePerson.GetValueOrDefault(id, id) : null;

    /// <summary>The public id of each person, known after <see cref="StoreAsync"/>.</summary>
    public Dictionary<string, Guid> PersonIds { get; } = [];

    /// <summary>Writes what the writer of the ingest service would have written.</summary>
    public async Task StoreAsync(NpgsqlDataSource database)
    {
        var rawIds = Events.SelectMany(e => new[] { e.UserId, e.AnonymousId })
            .Concat(SamePerson.Keys).Concat(SamePerson.Values).OfType<string>().Distinct().ToList();
        var names = Events.Select(e => e.Name).Distinct().ToList();
        await using var batch = database.CreateBatch();
        foreach (var (name, i) in names.Select((name, i) => (name, i)))
            Add("INSERT INTO event_names (project_id, code, name) VALUES ($1, $2, $3)", Id, i + 1, name);
        foreach (var raw in rawIds)
        {
            var person = PersonIds[raw] = Guid.CreateVersion7();
            Add("""
                INSERT INTO ids (project_id, key, raw_id, person_id, first_seen, canonical) VALUES ($1, $2, $3, $4, now(), $5)
                """, Id, Key(raw), raw, person,
                ProtectedIds.Contains(raw) ? null : Key(SamePerson.GetValueOrDefault(raw, raw)));
        }
        foreach (var e in Events)
            Add("""
                INSERT INTO events (project_id, ts, id, name_code, user_key, anon_key, props, received_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, now())
                """, Id, e.Ts, e.Id, names.IndexOf(e.Name) + 1, Key(e.UserId), Key(e.AnonymousId), e.PropsText);
        if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync();

        long? Key(string? raw) => raw is null ? null : 1000 + rawIds.IndexOf(raw);

        void Add(string sql, params object?[] values)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values)
                command.Parameters.Add(value is null
                    ? new NpgsqlParameter<long?> { TypedValue = null }
                    : new NpgsqlParameter { Value = value });
            batch.BatchCommands.Add(command);
        }
    }
}
