using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Nimbus.IdentityService.Users;

namespace Nimbus.IdentityService.PersonalTokens;

/// <summary>A personal access token as stored: its hash, never the token. Taken back, the row is gone.</summary>
public sealed class StoredToken
{
    public required Guid Id { get; init; }

    public required Guid UserId { get; init; }

    public required string Name { get; init; }

    /// <summary>SHA-256 of the token's UTF-8. The token is random over 256 bits.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>Of <see cref="ServiceDefaults.TokenScopes"/>.</summary>
    public required string[] Scopes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

internal sealed class StoredTokenConfiguration : IEntityTypeConfiguration<StoredToken>
{
    public void Configure(EntityTypeBuilder<StoredToken> token)
    {
        token.ToTable("personal_tokens");
        token.HasKey(t => t.Id);
        token.HasIndex(t => t.Hash).IsUnique();
        token.HasOne<User>().WithMany().HasForeignKey(t => t.UserId).OnDelete(DeleteBehavior.Cascade);
        token.Property(t => t.Id).HasColumnName("id").ValueGeneratedNever();
        token.Property(t => t.UserId).HasColumnName("user_id");
        token.Property(t => t.Name).HasColumnName("name");
        token.Property(t => t.Hash).HasColumnName("hash");
        token.Property(t => t.Scopes).HasColumnName("scopes");
        token.Property(t => t.CreatedAt).HasColumnName("created_at");
        token.Property(t => t.ExpiresAt).HasColumnName("expires_at");
    }
}
