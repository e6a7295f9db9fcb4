using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Invitations;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Tokens;
using Nimbus.ServiceDefaults;
using Npgsql;

namespace Nimbus.IdentityService.Users;

/// <summary>Making an account, and proving that it is one's own.</summary>
public sealed class Accounts(
    IdentityDb db, Passwords passwords, Sessions sessions, Administrators administrators, InvitationDesk invitations, ProjectAnnouncements projects,
    AuditLog audit, IOptions<RegistrationOptions> registration, TimeProvider time)
{
    /// <summary>A new account and its first session.</summary>
    /// <param name="invitation">The token of an invitation, whose project the account is in then; null for none.</param>
    /// <exception cref="ProblemException">
    /// 403 <c>registration_closed</c>: only the very first account, and who is invited, may; 409 <c>email_taken</c>; as
    /// <see cref="InvitationDesk.UseAsync"/>.
    /// </exception>
    public async Task<SignedIn> RegisterAsync(string email, string password, string? name, string? invitation, CancellationToken ct)
    {
        var onlyTheFirst = !registration.Value.Open && invitation is null;
        if (onlyTheFirst && await db.Users.AnyAsync(ct))
            throw Closed();
        var normalized = EmailAddress.Normalize(email);
        if (await db.Users.AnyAsync(u => u.EmailNormalized == normalized, ct))
            throw Taken();

        var hash = await passwords.HashAsync(password, ct);
        try
        {
            var (signedIn, joined) = await db.InTransactionAsync(async token =>
            {
                var now = time.GetStoredNow();
                var isFirst = await administrators.IsFirstAccountAsync(token);
                if (onlyTheFirst && !isFirst)
                    throw Closed();
                var user = new User
                {
                    Id = Guid.CreateVersion7(now),
                    Email = email,
                    EmailNormalized = normalized,
                    Name = name,
                    PasswordHash = hash,
                    IsAdministrator = isFirst,
                    CreatedAt = now,
                };
                db.Users.Add(user);
                audit.Add(AuditAction.UserRegistered, user.Id, target: $"{user.Id}");
                var project = invitation is null ? null : await invitations.UseAsync(invitation, user, token);
                return (SignedIn.Of(sessions.Begin(user.Id), user), project);
            }, ct);
            if (joined is not null)
                await projects.ChangedAsync(joined.ProjectId);
            return signedIn;
        }
        catch (DbUpdateException failure)
            when (failure.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "users" })
        {
            throw Taken(); // two at once: the index decides
        }
    }

    /// <summary>A session for who knows the password; null otherwise, after the same work whether the account exists or not.</summary>
    public async Task<SignedIn?> LoginAsync(string email, string password, CancellationToken ct)
    {
        // What cannot be an address cannot be looked up either (PostgreSQL refuses U+0000), but costs the same.
        var normalized = EmailAddress.IsPlausible(email) ? EmailAddress.Normalize(email) : null;
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.EmailNormalized == normalized, ct);
        var check = await passwords.CheckAsync(user?.PasswordHash, password, ct);
        if (user is null || check == PasswordCheck.Wrong)
            return null;

        var fresh = check == PasswordCheck.RightButStale ? await passwords.HashAsync(password, ct) : null;
        return await db.InTransactionAsync(async token =>
        {
            // Only where it is still the hash that was checked: a password changed meanwhile stays changed.
            if (fresh is not null)
                await db.Users.Where(u => u.Id == user.Id && u.PasswordHash == user.PasswordHash)
                    .ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, fresh), token);
            return SignedIn.Of(sessions.Begin(user.Id), user);
        }, ct);
    }

    /// <summary>The user with their projects; null for an account that is gone.</summary>
    public async Task<MeAnswer?> DescribeAsync(Guid userId, CancellationToken ct)
    {
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == userId, ct);
        if (user is null)
            return null;
        var projects = await (
            from member in db.Members
            join project in db.Projects on member.ProjectId equals project.Id
            where member.UserId == userId && project.DeletedAt == null
            orderby project.Id
            select new MembershipAnswer(project.Id, project.Name, member.Role)).ToListAsync(ct);
        return new MeAnswer(user.Id, user.Email, user.Name, user.IsAdministrator, user.CreatedAt, projects);
    }

    private static ProblemException Closed() =>
        new(403, "registration_closed", "This installation does not take new accounts by itself. Ask a member for an invitation.");

    private static ProblemException Taken() => new(409, "email_taken", "There is an account with this address already.");
}
