using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.Members;

/// <summary>Members with their accounts, as answers have them.</summary>
public sealed class MemberReader(IdentityDb db)
{
    public async Task<MemberList> ListAsync(Guid projectId, Paging<Guid> paging, CancellationToken ct)
    {
        var after = paging.After ?? Guid.Empty;
        var rows = await (
            from member in db.Members
            join user in db.Users on member.UserId equals user.Id
            where member.ProjectId == projectId && user.Id > after
            orderby user.Id
            select new MemberAnswer(user.Id, user.Email, user.Name, member.Role, member.CreatedAt))
            .Take(paging.Limit + 1).ToListAsync(ct);
        var (page, next) = paging.Cut(rows, m => m.UserId.ToString("D"));
        return new MemberList(page, next);
    }

    internal Task<MemberAnswer> DescribeAsync(Guid projectId, Guid userId, CancellationToken ct) => (
        from member in db.Members.AsNoTracking()
        join user in db.Users on member.UserId equals user.Id
        where member.ProjectId == projectId && user.Id == userId
        select new MemberAnswer(user.Id, user.Email, user.Name, member.Role, member.CreatedAt)).SingleAsync(ct);
}
