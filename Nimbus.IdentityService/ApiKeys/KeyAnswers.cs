namespace Nimbus.IdentityService.ApiKeys;

/// <summary>A key as owners and admins see it.</summary>
/// <param name="Id"><c>nbk_…</c>.</param>
/// <param name="Primary">Whether the project's own description names it.</param>
/// <param name="WriteKey">The write key itself; null for a secret key.</param>
/// <param name="AllowedOrigins">Null: any.</param>
/// <param name="ValidUntil">When it stops working; null: no end is set.</param>
public sealed record KeyAnswer(
    string Id, KeyKind Kind, string? Name, bool Primary, string? WriteKey, IReadOnlyList<string>? AllowedOrigins,
    DateTimeOffset CreatedAt, DateTimeOffset? ValidUntil)
{
    public static KeyAnswer Of(ApiKey key) => new(
        key.Id, key.Kind, key.Name, key.IsPrimary, key.WriteKey, key.AllowedOrigins, key.CreatedAt, key.ValidUntil);
}

/// <summary>A new key. The secret is shown only here; null for a write key.</summary>
public sealed record KeyWithSecret(KeyAnswer Key, string? ApiKeySecret);

/// <summary>The keys that work, oldest first.</summary>
public sealed record KeyList(IReadOnlyList<KeyAnswer> Keys, string? NextCursor);
