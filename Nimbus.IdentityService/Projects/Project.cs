using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.Projects;

/// <summary>What events, keys and members belong to. Its row lock orders every change to its keys and members.</summary>
public sealed class Project
{
    public required Guid Id { get; init; }

    public required string Name { get; set; }

    public string? Description { get; set; }

    /// <summary>An IANA id; the zone whose days and weeks are the buckets of the project's answers.</summary>
    public required string TimeZone { get; set; }

    /// <summary>After how many days an event is deleted; null: never.</summary>
    public int? RetentionDays { get; set; }

    public TrafficDetail Traffic { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From then on the project is in no answer; the row stays for the audit log and for erasing its events.</summary>
    public DateTimeOffset? DeletedAt { get; set; }

    /// <summary>From then on nothing of a deleted project's events is left.</summary>
    public DateTimeOffset? ErasedAt { get; set; }
}

internal sealed class ProjectConfiguration : IEntityTypeConfiguration<Project>
{
    public void Configure(EntityTypeBuilder<Project> project)
    {
        project.ToTable("projects");
        project.HasKey(p => p.Id);
        project.Property(p => p.Id).HasColumnName("id").ValueGeneratedNever();
        project.Property(p => p.Name).HasColumnName("name");
        project.Property(p => p.Description).HasColumnName("description");
        project.Property(p => p.TimeZone).HasColumnName("time_zone");
        project.Property(p => p.RetentionDays).HasColumnName("retention_days");
        project.Property(p => p.Traffic).HasColumnName("traffic").HasConversion<LowerCaseName<TrafficDetail>>();
        project.Property(p => p.CreatedAt).HasColumnName("created_at");
        project.Property(p => p.DeletedAt).HasColumnName("deleted_at");
        project.Property(p => p.ErasedAt).HasColumnName("erased_at");
    }
}
