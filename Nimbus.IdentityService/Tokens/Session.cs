using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Nimbus.IdentityService.Users;

namespace Nimbus.IdentityService.Tokens;

/// <summary>One sign-in and the family of refresh tokens that descend from it. Its row lock orders all that happens to the family.</summary>
public sealed class Session
{
    public required Guid Id { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>From where it was begun.</summary>
    public string? Address { get; init; }

    /// <summary>The start of the User-Agent it was begun with.</summary>
    public string? UserAgent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the youngest refresh token ends; moves on with each refresh.</summary>
    public required DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Why it was revoked: a value of <see cref="RevocationReason"/>.</summary>
    public string? RevokedReason { get; set; }

    /// <summary>When every service had been told of the revocation; null until then (see <see cref="SessionSweeper"/>).</summary>
    public DateTimeOffset? AnnouncedAt { get; set; }
}

/// <summary>Why a session ended before its time.</summary>
public static class RevocationReason
{
    public const string Logout = "logout";
    public const string EndedByOwner = "ended_by_owner";
    public const string TokenReused = "token_reused";
    public const string PasswordChanged = "password_changed";
    public const string AccountDeleted = "account_deleted";
}

internal sealed class SessionConfiguration : IEntityTypeConfiguration<Session>
{
    public void Configure(EntityTypeBuilder<Session> session)
    {
        session.ToTable("sessions");
        session.HasKey(s => s.Id);
        session.HasOne<User>().WithMany().HasForeignKey(s => s.UserId).OnDelete(DeleteBehavior.Cascade);
        session.Property(s => s.Id).HasColumnName("id").ValueGeneratedNever();
        session.Property(s => s.UserId).HasColumnName("user_id");
        session.Property(s => s.Address).HasColumnName("address");
        session.Property(s => s.UserAgent).HasColumnName("user_agent");
        session.Property(s => s.CreatedAt).HasColumnName("created_at");
        session.Property(s => s.ExpiresAt).HasColumnName("expires_at");
        session.Property(s => s.RevokedAt).HasColumnName("revoked_at");
        session.Property(s => s.RevokedReason).HasColumnName("revoked_reason");
        session.Property(s => s.AnnouncedAt).HasColumnName("announced_at");
    }
}
