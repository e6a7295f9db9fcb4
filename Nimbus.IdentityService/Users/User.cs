using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Nimbus.IdentityService.Users;

/// <summary>A person who signs in.</summary>
public sealed class User
{
    public required Guid Id { get; init; }

    /// <summary>The address as its owner wrote it, trimmed.</summary>
    public required string Email { get; set; }

    /// <summary>The address as compared: see <see cref="EmailAddress.Normalize"/>.</summary>
    public required string EmailNormalized { get; set; }

    public string? Name { get; set; }

    /// <summary>The framework's hash; null for a user whom only an external issuer signs in.</summary>
    public string? PasswordHash { get; set; }

    /// <summary>See <see cref="Administrators"/>.</summary>
    public bool IsAdministrator { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class UserConfiguration : IEntityTypeConfiguration<User>
{
    public void Configure(EntityTypeBuilder<User> user)
    {
        user.ToTable("users");
        user.HasKey(u => u.Id);
        user.HasIndex(u => u.EmailNormalized).IsUnique();
        user.Property(u => u.Id).HasColumnName("id").ValueGeneratedNever();
        user.Property(u => u.Email).HasColumnName("email");
        user.Property(u => u.EmailNormalized).HasColumnName("email_normalized");
        user.Property(u => u.Name).HasColumnName("name");
        user.Property(u => u.PasswordHash).HasColumnName("password_hash");
        user.Property(u => u.IsAdministrator).HasColumnName("is_administrator");
        user.Property(u => u.CreatedAt).HasColumnName("created_at");
    }
}
