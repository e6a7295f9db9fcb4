using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Nimbus.IdentityService.Users;

namespace Nimbus.IdentityService.PasswordResets;

/// <summary>A link that lets its bearer set a new password, once, within the hour. Only the hash of its secret is kept.</summary>
public sealed class PasswordReset
{
    public const string Prefix = "nbx_";

    public required byte[] Hash { get; init; }

    public required Guid UserId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

internal sealed class PasswordResetConfiguration : IEntityTypeConfiguration<PasswordReset>
{
    public void Configure(EntityTypeBuilder<PasswordReset> reset)
    {
        reset.ToTable("password_resets");
        reset.HasKey(r => r.Hash);
        reset.HasOne<User>().WithMany().HasForeignKey(r => r.UserId).OnDelete(DeleteBehavior.Cascade);
        reset.Property(r => r.Hash).HasColumnName("hash");
        reset.Property(r => r.UserId).HasColumnName("user_id");
        reset.Property(r => r.CreatedAt).HasColumnName("created_at");
        reset.Property(r => r.ExpiresAt).HasColumnName("expires_at");
    }
}
