using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Storage;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Users;

/// <summary>
/// Who looks after the installation: the first account made on it. It sees no project that it is not a member of; it hands out
/// password links and seals secrets anew.
/// </summary>
public sealed class Administrators(IdentityDb db)
{
    // Any number, as long as nothing else on the database takes it: "nimb" in ASCII, then what it is for.
    private const long FirstAccountLock = 0x6E696D62_00000002;

    /// <exception cref="ProblemException">403 <c>forbidden</c>.</exception>
    public async Task RequireAsync(Guid userId, CancellationToken ct)
    {
        if (!await db.Users.AnyAsync(u => u.Id == userId && u.IsAdministrator, ct))
            throw new ProblemException(403, "forbidden", "This takes an administrator of the installation.");
    }

    /// <summary>Whether an account made in the transaction at hand is the first. Of two at once, one is.</summary>
    internal async Task<bool> IsFirstAccountAsync(CancellationToken ct)
    {
        if (await db.Users.AnyAsync(ct))
            return false;
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({FirstAccountLock})", ct);
        return !await db.Users.AnyAsync(ct);
    }
}
