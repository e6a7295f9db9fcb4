using Nimbus.Events;

namespace Nimbus.QueryService.Engine;

/// <summary>An event of a <see cref="MemoryProject"/>.</summary>
/// <param name="TimeMs">Unix milliseconds.</param>
/// <param name="UserId">The raw user id on the event.</param>
/// <param name="AnonymousId">The raw anonymous id on the event.</param>
/// <param name="Props">JSON texts by key.</param>
/// <param name="Context">JSON texts by key.</param>
public sealed record MemoryEvent(
    long TimeMs,
    string Name,
    string? UserId = null,
    string? AnonymousId = null,
    IReadOnlyDictionary<string, string>? Props = null,
    IReadOnlyDictionary<string, string>? Context = null,
    EventType Type = EventType.Track,
    long? Seq = null);

/// <summary>A project that lives in memory alone: for tests of queries, without a database.</summary>
public static class MemoryProject
{
    /// <param name="events">In any order.</param>
    /// <param name="samePerson">Raw id → raw id that stands for the person; other ids stand for themselves.</param>
    /// <param name="personId">The public id of a raw id; made up without it.</param>
    /// <param name="blockEvents">Events in a block.</param>
    /// <param name="sealedVersion">By the number of a block the sealed segment that it pretends to be of.</param>
    public static ProjectSnapshot From(
        IEnumerable<MemoryEvent> events,
        IReadOnlyDictionary<string, string>? samePerson = null,
        Func<string, Guid>? personId = null,
        int blockEvents = RowBuffer.BlockEvents,
        Func<int, long>? sealedVersion = null)
    {
        var names = new List<string?>();
        var nameCodes = new Dictionary<string, int>();
        var ids = new List<string>();
        var dense = new Dictionary<string, int>();
        var firstSeen = new List<long>();
        var columns = new ColumnSet();
        var rows = new RowBuffer();
        foreach (var e in events)
        {
            if (!nameCodes.TryGetValue(e.Name, out var name))
            {
                nameCodes.Add(e.Name, name = names.Count);
                names.Add(e.Name);
            }
            var (user, anonymous) = (Dense(e.UserId, e.TimeMs), Dense(e.AnonymousId, e.TimeMs));
            rows.Add(e.TimeMs, name, user >= 0 ? user : anonymous, EventFlags.Of(e.Type, user < 0 && anonymous >= 0), e.Seq);
            SetCodes(PropertySource.Props, e.Props);
            SetCodes(PropertySource.Context, e.Context);
        }
        foreach (var id in samePerson?.Values ?? [])
            Dense(id, long.MaxValue);

        var canonical = new int[ids.Count];
        for (var id = 0; id < ids.Count; id++)
        {
            canonical[id] = ProtectedIds.Contains(ids[id]) ? -1
                : samePerson is not null && samePerson.TryGetValue(ids[id], out var other) ? dense[other] : id;
        }
        var people = new PersonMap(
            ids.Count, canonical, [.. ids.Select(personId ?? (_ => Guid.CreateVersion7()))], [.. firstSeen],
            [.. Enumerable.Range(1, ids.Count)], version: 1);
        return new ProjectSnapshot(ProjectState.InMemory(1, names, nameCodes, people, columns, rows.ToBlocks(blockEvents, sealedVersion)));

        int Dense(string? raw, long ms)
        {
            if (raw is null)
                return -1;
            if (!dense.TryGetValue(raw, out var id))
            {
                dense.Add(raw, id = ids.Count);
                ids.Add(raw);
                firstSeen.Add(ms);
            }
            firstSeen[id] = Math.Min(firstSeen[id], ms);
            return id;
        }

        void SetCodes(PropertySource source, IReadOnlyDictionary<string, string>? values)
        {
            foreach (var (key, json) in values ?? new Dictionary<string, string>())
            {
                var column = columns.Add(new PropertyKey(source, key));
                if (column >= 0)
                    rows.SetCode(column, columns[column].Values.Add(PropertyValue.OfJson(json)));
            }
        }
    }
}
