using Nimbus.IngestService.Traffic;

namespace Nimbus.IngestService.ApiKeys;

/// <summary>By what a key is looked up.</summary>
internal enum KeyKind
{
    /// <summary>Its public id, beside a signature.</summary>
    KeyId,

    /// <summary>The lower-case hex SHA-256 of its secret.</summary>
    SecretHash,

    /// <summary>The write key itself.</summary>
    WriteKey,
}

/// <summary>A key that identity knows.</summary>
/// <param name="KeyId">Its public id; of a write key the id of its record.</param>
/// <param name="Secret">The bytes that sign, or null for a write key.</param>
/// <param name="ValidUntil">The end of its life, where it has one.</param>
/// <param name="AllowedOrigins">The origins it is for; null for any.</param>
/// <param name="Traffic">What its project keeps of where a browser's events come from.</param>
internal sealed record ResolvedKey(
    string KeyId, Guid ProjectId, byte[]? Secret, DateTimeOffset? ValidUntil, IReadOnlyList<string>? AllowedOrigins,
    TrafficDetail Traffic = TrafficDetail.None)
{
    public bool HasEnded(DateTimeOffset now) => ValidUntil <= now;

    public bool Allows(string origin) =>
        AllowedOrigins is not { Count: > 0 }
        || AllowedOrigins.Any(allowed => allowed == "*" || allowed.TrimEnd('/').Equals(origin, StringComparison.OrdinalIgnoreCase));
}
