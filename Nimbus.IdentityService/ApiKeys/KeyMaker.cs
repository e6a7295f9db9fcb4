using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.ApiKeys;

/// <summary>New keys of either kind, not yet in any unit of work.</summary>
public sealed class KeyMaker(SecretBox box, TimeProvider time)
{
    /// <summary>A secret key, and its secret in clear: to be shown once, never to be kept.</summary>
    public (ApiKey Key, string Secret) NewSecretKey(Guid projectId, string? name, bool primary)
    {
        var id = KeyFormat.NewId();
        var secret = KeyFormat.NewSecret();
        return (new ApiKey
        {
            Id = id,
            ProjectId = projectId,
            Kind = KeyKind.Secret,
            Name = name,
            IsPrimary = primary,
            SecretHash = KeyFormat.HashOf(secret),
            SealedSecret = box.Seal(id, secret),
            MasterKeyId = box.CurrentMasterKeyId,
            CreatedAt = time.GetStoredNow(),
        }, secret);
    }

    public ApiKey NewWriteKey(Guid projectId, string? name, string[]? allowedOrigins, bool primary) => new()
    {
        Id = KeyFormat.NewId(),
        ProjectId = projectId,
        Kind = KeyKind.Write,
        Name = name,
        IsPrimary = primary,
        WriteKey = KeyFormat.NewWriteKey(),
        AllowedOrigins = allowedOrigins,
        CreatedAt = time.GetStoredNow(),
    };
}
