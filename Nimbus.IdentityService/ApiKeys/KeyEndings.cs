using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>
/// Changes after which a key no longer works. The marks that intake obeys are set inside the transaction, before its commit:
/// with Redis away nothing changes and the caller gets 503. The other way round, a commit whose marks fail would leave a key
/// that its owner believes dead working on nodes that have it cached, for as long as Redis is away.
/// </summary>
public sealed partial class KeyEndings(IdentityDb db, KeyMarks marks, ILogger<KeyEndings> log)
{
    /// <summary>Runs <paramref name="change"/> in a transaction; the keys it hands to the second argument end with it.</summary>
    /// <exception cref="ServiceDefaults.ProblemException">503 <c>redis_unavailable</c>: nothing was changed.</exception>
    public async Task<T> InTransactionAsync<T>(
        Func<Action<ApiKey, DateTimeOffset>, CancellationToken, Task<T>> change, CancellationToken ct)
    {
        var marked = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            var result = await db.InTransactionAsync(async token =>
            {
                var ends = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
                var changed = await change((key, end) => ends[key.Id] = End(key, end), token);
                await db.SaveChangesAsync(token);
                foreach (var (keyId, end) in ends)
                {
                    marked.Add(keyId);
                    await marks.SetAsync(keyId, end);
                }
                return changed;
            }, ct);
            // After the commit: whoever forgets the key now reads the new row.
            foreach (var keyId in marked)
                await marks.AnnounceAsync(keyId);
            return result;
        }
        catch when (marked.Count > 0)
        {
            await SettleAsync(marked);
            throw;
        }
    }

    /// <summary>An end already set may come nearer, never move away.</summary>
    private static DateTimeOffset End(ApiKey key, DateTimeOffset end)
    {
        if (key.ValidUntil is { } earlier && earlier < end)
            return earlier;
        key.ValidUntil = end;
        return end;
    }

    /// <summary>
    /// Makes the marks agree with the rows again. A commit whose answer was lost may have happened, so the rows are asked; while
    /// they cannot be, the marks stay: a key refused too early can be rotated again, one that lives on cannot be seen.
    /// </summary>
    private async Task SettleAsync(IReadOnlyCollection<string> keyIds)
    {
        db.ChangeTracker.Clear();
        try
        {
            var ends = await db.ApiKeys.Where(k => keyIds.Contains(k.Id)).ToDictionaryAsync(k => k.Id, k => k.ValidUntil);
            foreach (var (keyId, end) in ends)
            {
                if (end is { } set)
                    await marks.TrySetAsync(keyId, set);
                else
                    await marks.WithdrawAsync(keyId);
                await marks.AnnounceAsync(keyId);
            }
        }
        catch (Exception failure) when (failure is DbException or InvalidOperationException)
        {
            LogUnsettled(string.Join(", ", keyIds), failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Whether keys {KeyIds} have ended is unknown while the database is away; ingestion refuses them. Where they are shown as working later, rotate them")]
    private partial void LogUnsettled(string keyIds, Exception failure);
}
