using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Users;

namespace Nimbus.IdentityService.Invitations;

/// <summary>A place in a project for whoever shows the link first. Only the hash of the link's secret is kept.</summary>
public sealed class Invitation
{
    public const string Prefix = "nbi_";

    public required Guid Id { get; init; }

    public required Guid ProjectId { get; init; }

    /// <summary>SHA-256 of the secret's UTF-8. The secret is random over 256 bits.</summary>
    public required byte[] Hash { get; init; }

    public required ProjectRole Role { get; init; }

    /// <summary>Only the account with this address may use it (as compared); null: anyone who has the link.</summary>
    public string? Email { get; init; }

    public required Guid InvitedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }
}

internal sealed class InvitationConfiguration : IEntityTypeConfiguration<Invitation>
{
    public void Configure(EntityTypeBuilder<Invitation> invitation)
    {
        invitation.ToTable("invitations");
        invitation.HasKey(i => i.Id);
        invitation.HasIndex(i => i.Hash).IsUnique();
        invitation.HasOne<Project>().WithMany().HasForeignKey(i => i.ProjectId).OnDelete(DeleteBehavior.Cascade);
        invitation.HasOne<User>().WithMany().HasForeignKey(i => i.InvitedBy).OnDelete(DeleteBehavior.Cascade);
        invitation.Property(i => i.Id).HasColumnName("id").ValueGeneratedNever();
        invitation.Property(i => i.ProjectId).HasColumnName("project_id");
        invitation.Property(i => i.Hash).HasColumnName("hash");
        invitation.Property(i => i.Role).HasColumnName("role").HasConversion<LowerCaseName<ProjectRole>>();
        invitation.Property(i => i.Email).HasColumnName("email");
        invitation.Property(i => i.InvitedBy).HasColumnName("invited_by");
        invitation.Property(i => i.CreatedAt).HasColumnName("created_at");
        invitation.Property(i => i.ExpiresAt).HasColumnName("expires_at");
        invitation.Property(i => i.UsedAt).HasColumnName("used_at");
    }
}
