using Nimbus.IngestService.People;

namespace Nimbus.IngestService.Writing;

/// <summary>
/// What one lane knows to be committed, so that it need not ask. Everything in it only ever holds for one history of the
/// database: it is forgotten after every fault and whenever the epoch changes, since a restored backup or another server may
/// lack what was committed, and with every erasure, which deletes ids. Whoever else deletes ids has to renew the epoch.
/// </summary>
internal sealed class WriterMemory
{
    // An entry is 100 to 200 bytes: at most some 40 MB a lane.
    private const int Most = 100_000;

    private (Guid Epoch, long Erasures) _history;

    /// <summary>Codes by project and name.</summary>
    public Dictionary<(Guid Project, string Name), int> Names { get; } = [];

    /// <summary>Keys by project and raw id, with a time that first_seen is not after.</summary>
    public Dictionary<(Guid Project, string RawId), KnownId> Ids { get; } = [];

    /// <summary>The time a link has at the latest, by project, anonymous id and user id.</summary>
    public Dictionary<(Guid Project, string Anonymous, string User), long> Links { get; } = [];

    /// <summary>Where somebody was erased; null where that has to be asked.</summary>
    public ErasedProjects? ErasedIn { get; set; }

    /// <summary>Forgets all when the database began another history, or somebody was erased.</summary>
    public void Enter(Guid epoch, long erasures)
    {
        if (_history != (epoch, erasures))
        {
            Forget();
            ErasedIn = null;
        }
        _history = (epoch, erasures);
    }

    /// <summary>Keeps what a transaction found out, now that it is committed.</summary>
    public void Learn(WriterMemory found)
    {
        Merge(Names, found.Names);
        Merge(Ids, found.Ids);
        Merge(Links, found.Links);
    }

    public void Forget()
    {
        Names.Clear();
        Ids.Clear();
        Links.Clear();
    }

    private static void Merge<TKey, TValue>(Dictionary<TKey, TValue> into, Dictionary<TKey, TValue> found) where TKey : notnull
    {
        if (into.Count + found.Count > Most)
            into.Clear();
        foreach (var (key, value) in found)
            into[key] = value;
    }
}

/// <summary>The key of a raw id, and a time in Unix milliseconds that its first_seen is not after.</summary>
internal readonly record struct KnownId(long Key, long FirstSeen);
