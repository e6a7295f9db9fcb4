using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Nimbus.IdentityService.Audit;

/// <summary>Who changed what, when and from where. No foreign keys: an entry outlives what it tells of.</summary>
public sealed class AuditEntry
{
    public required Guid Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The user who did it; null where nobody is signed in yet.</summary>
    public Guid? ActorId { get; init; }

    public Guid? ProjectId { get; init; }

    /// <summary><c>thing.verb</c>, a constant of <see cref="AuditAction"/>.</summary>
    public required string Action { get; init; }

    /// <summary>The id of what was changed.</summary>
    public string? Target { get; init; }

    /// <summary>The caller's address.</summary>
    public string? Address { get; init; }

    /// <summary>A JSON object of what else is worth knowing; never a secret.</summary>
    public string? Details { get; init; }
}

internal sealed class AuditEntryConfiguration : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> entry)
    {
        entry.ToTable("audit_entries");
        entry.HasKey(e => e.Id);
        entry.Property(e => e.Id).HasColumnName("id").ValueGeneratedNever();
        entry.Property(e => e.At).HasColumnName("at");
        entry.Property(e => e.ActorId).HasColumnName("actor_id");
        entry.Property(e => e.ProjectId).HasColumnName("project_id");
        entry.Property(e => e.Action).HasColumnName("action");
        entry.Property(e => e.Target).HasColumnName("target");
        entry.Property(e => e.Address).HasColumnName("address");
        entry.Property(e => e.Details).HasColumnName("details").HasColumnType("jsonb");
    }
}
