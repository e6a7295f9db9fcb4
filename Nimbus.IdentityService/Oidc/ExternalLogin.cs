using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Nimbus.IdentityService.Users;

namespace Nimbus.IdentityService.Oidc;

/// <summary>Which account an issuer's user has here. Issuer and subject decide; an address may change hands.</summary>
public sealed class ExternalLogin
{
    public required string Issuer { get; init; }

    public required string Subject { get; init; }

    public required Guid UserId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class ExternalLoginConfiguration : IEntityTypeConfiguration<ExternalLogin>
{
    public void Configure(EntityTypeBuilder<ExternalLogin> login)
    {
        login.ToTable("external_logins");
        login.HasKey(l => new { l.Issuer, l.Subject });
        login.HasOne<User>().WithMany().HasForeignKey(l => l.UserId).OnDelete(DeleteBehavior.Cascade);
        login.Property(l => l.Issuer).HasColumnName("issuer");
        login.Property(l => l.Subject).HasColumnName("subject");
        login.Property(l => l.UserId).HasColumnName("user_id");
        login.Property(l => l.CreatedAt).HasColumnName("created_at");
    }
}
