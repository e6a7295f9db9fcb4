using Microsoft.EntityFrameworkCore;
using Nimbus.IdentityService.ApiKeys;
using Nimbus.IdentityService.Audit;
using Nimbus.IdentityService.Invitations;
using Nimbus.IdentityService.Oidc;
using Nimbus.IdentityService.PasswordResets;
using Nimbus.IdentityService.PersonalTokens;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Tokens;
using Nimbus.IdentityService.Users;

namespace Nimbus.IdentityService.Storage;

/// <summary>The database identitydb, which this service alone owns. Configurations stand beside their entities.</summary>
public sealed class IdentityDb(DbContextOptions<IdentityDb> options) : DbContext(options)
{
    public DbSet<User> Users => Set<User>();

    public DbSet<Session> Sessions => Set<Session>();

    public DbSet<RefreshToken> RefreshTokens => Set<RefreshToken>();

    public DbSet<Project> Projects => Set<Project>();

    public DbSet<Member> Members => Set<Member>();

    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    public DbSet<StoredToken> PersonalTokens => Set<StoredToken>();

    public DbSet<PasswordReset> PasswordResets => Set<PasswordReset>();

    public DbSet<ExternalLogin> ExternalLogins => Set<ExternalLogin>();

    public DbSet<Invitation> Invitations => Set<Invitation>();

    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();

    /// <summary>
    /// Runs <paramref name="work"/> in one transaction (READ COMMITTED), saves and commits. After a transient fault the
    /// whole of it runs again from a clean context, so it must take everything it changes from the database.
    /// </summary>
    public Task<T> InTransactionAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken ct) =>
        Database.CreateExecutionStrategy().ExecuteAsync(async token =>
        {
            ChangeTracker.Clear();
            await using var transaction = await Database.BeginTransactionAsync(token);
            var result = await work(token);
            await SaveChangesAsync(token);
            await transaction.CommitAsync(token);
            return result;
        }, ct);

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(IdentityDb).Assembly);
}
