using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Nimbus.IdentityService.Tokens;

/// <summary>A refresh token as stored: its hash, never the token. A row stays after use, so that a second use is recognised.</summary>
public sealed class RefreshToken
{
    public const string Prefix = "nbr_";

    /// <summary>SHA-256 of the token's UTF-8. The token is random over 256 bits, so nothing slower is called for.</summary>
    public required byte[] Hash { get; init; }

    public required Guid SessionId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }

    public static string NewToken() => Prefix + RandomText.Base62(RandomText.CharactersFor256Bits);

    public static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

internal sealed class RefreshTokenConfiguration : IEntityTypeConfiguration<RefreshToken>
{
    public void Configure(EntityTypeBuilder<RefreshToken> token)
    {
        token.ToTable("refresh_tokens");
        token.HasKey(t => t.Hash);
        token.HasOne<Session>().WithMany().HasForeignKey(t => t.SessionId).OnDelete(DeleteBehavior.Cascade);
        token.Property(t => t.Hash).HasColumnName("hash");
        token.Property(t => t.SessionId).HasColumnName("session_id");
        token.Property(t => t.CreatedAt).HasColumnName("created_at");
        token.Property(t => t.ExpiresAt).HasColumnName("expires_at");
        token.Property(t => t.UsedAt).HasColumnName("used_at");
    }
}
