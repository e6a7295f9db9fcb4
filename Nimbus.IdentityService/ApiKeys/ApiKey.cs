using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.ApiKeys;

public enum KeyKind
{
    /// <summary>For servers: HMAC by id and secret, or the secret itself as <c>X-API-Key</c>.</summary>
    Secret,

    /// <summary>For browsers and phones: public, ingestion only.</summary>
    Write,
}

/// <summary>A key of a project. Both kinds have an id; a secret key has its secret sealed, a write key stands in the open.</summary>
public sealed class ApiKey
{
    /// <summary><c>nbk_…</c>, for either kind.</summary>
    public required string Id { get; init; }

    public required Guid ProjectId { get; init; }

    public required KeyKind Kind { get; init; }

    public string? Name { get; set; }

    /// <summary>The one key of its kind that the project's own description names.</summary>
    public required bool IsPrimary { get; set; }

    /// <summary>The write key itself, <c>nbw_…</c>.</summary>
    public string? WriteKey { get; init; }

    /// <summary>SHA-256 of the secret's UTF-8, to find a key by its <c>X-API-Key</c>.</summary>
    public byte[]? SecretHash { get; init; }

    /// <summary>The secret, encrypted: see <see cref="SecretBox"/>.</summary>
    public byte[]? SealedSecret { get; set; }

    /// <summary>Which master key sealed it.</summary>
    public string? MasterKeyId { get; set; }

    /// <summary>Origins a browser may send from, as it writes them; null: any.</summary>
    public string[]? AllowedOrigins { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the key stops or stopped working; null: no end is set.</summary>
    public DateTimeOffset? ValidUntil { get; set; }
}

internal sealed class ApiKeyConfiguration : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> key)
    {
        key.ToTable("api_keys");
        key.HasKey(k => k.Id);
        key.HasOne<Project>().WithMany().HasForeignKey(k => k.ProjectId).OnDelete(DeleteBehavior.Cascade);
        key.HasIndex(k => k.WriteKey).IsUnique();
        key.HasIndex(k => k.SecretHash).IsUnique();
        key.Property(k => k.Id).HasColumnName("id").ValueGeneratedNever();
        key.Property(k => k.ProjectId).HasColumnName("project_id");
        key.Property(k => k.Kind).HasColumnName("kind").HasConversion<LowerCaseName<KeyKind>>();
        key.Property(k => k.Name).HasColumnName("name");
        key.Property(k => k.IsPrimary).HasColumnName("is_primary");
        key.Property(k => k.WriteKey).HasColumnName("write_key");
        key.Property(k => k.SecretHash).HasColumnName("secret_hash");
        key.Property(k => k.SealedSecret).HasColumnName("sealed_secret");
        key.Property(k => k.MasterKeyId).HasColumnName("master_key_id");
        key.Property(k => k.AllowedOrigins).HasColumnName("allowed_origins");
        key.Property(k => k.CreatedAt).HasColumnName("created_at");
        key.Property(k => k.ValidUntil).HasColumnName("valid_until");
    }
}
