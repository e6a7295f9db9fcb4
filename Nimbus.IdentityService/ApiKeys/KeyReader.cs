using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>Keys that work now.</summary>
public sealed class KeyReader(IdentityDb db, TimeProvider time)
{
    internal IQueryable<ApiKey> Live(Guid projectId)
    {
        var now = time.GetStoredNow();
        return db.ApiKeys.Where(k => k.ProjectId == projectId && (k.ValidUntil == null || k.ValidUntil > now));
    }

    /// <summary>A page in order of creation, by index api_keys_project.</summary>
    public async Task<KeyList> ListAsync(Guid projectId, Paging<KeyPosition> paging, CancellationToken ct)
    {
        var keys = Live(projectId).AsNoTracking();
        if (paging.After is var (createdAt, id))
            keys = keys.Where(k => k.CreatedAt > createdAt || (k.CreatedAt == createdAt && string.Compare(k.Id, id) > 0));
        var rows = await keys.OrderBy(k => k.CreatedAt).ThenBy(k => k.Id).Take(paging.Limit + 1).ToListAsync(ct);
        var (page, next) = paging.Cut(rows, k => $"{k.CreatedAt.ToUnixTimeMilliseconds()}:{k.Id}");
        return new KeyList([.. page.Select(KeyAnswer.Of)], next);
    }

    internal static KeyPosition? ReadPosition(string text) =>
        text.Split(':') is [var time, var id] && KeyFormat.IsId(id)
        && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
        && milliseconds < DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? new KeyPosition(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), id)
            : null;
}

/// <summary>A place in the list of keys.</summary>
public readonly record struct KeyPosition(DateTimeOffset CreatedAt, string Id);
