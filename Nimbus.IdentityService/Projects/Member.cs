using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Nimbus.IdentityService.Storage;
using Nimbus.IdentityService.Users;

namespace Nimbus.IdentityService.Projects;

/// <summary>What a member may do, as <see cref="ProjectRights"/> has it.</summary>
public enum ProjectRole
{
    Viewer,
    Analyst,
    Admin,
    Owner,
}

/// <summary>A user's place in a project; a user without one does not learn that the project exists.</summary>
public sealed class Member
{
    public required Guid ProjectId { get; init; }

    public required Guid UserId { get; init; }

    public required ProjectRole Role { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class MemberConfiguration : IEntityTypeConfiguration<Member>
{
    public void Configure(EntityTypeBuilder<Member> member)
    {
        member.ToTable("members");
        member.HasKey(m => new { m.ProjectId, m.UserId });
        member.HasOne<Project>().WithMany().HasForeignKey(m => m.ProjectId).OnDelete(DeleteBehavior.Cascade);
        member.HasOne<User>().WithMany().HasForeignKey(m => m.UserId).OnDelete(DeleteBehavior.Cascade);
        member.Property(m => m.ProjectId).HasColumnName("project_id");
        member.Property(m => m.UserId).HasColumnName("user_id");
        member.Property(m => m.Role).HasColumnName("role").HasConversion<LowerCaseName<ProjectRole>>();
        member.Property(m => m.CreatedAt).HasColumnName("created_at");
    }
}
