namespace Nimbus.Client;

/// <summary>A signed-in user and the tokens to act as them.</summary>
/// <param name="ExpiresIn">Seconds until the access token ends.</param>
public sealed record NimbusSession(
    string AccessToken, string RefreshToken, string TokenType, int ExpiresIn, NimbusUser User);

/// <summary>An account.</summary>
public sealed record NimbusUser(Guid Id, string Email, string? Name, DateTimeOffset CreatedAt);

/// <summary>A project, its events and keys apart.</summary>
/// <param name="TimeZone">IANA name of the zone its days are in.</param>
/// <param name="ApiKeyId">Id of its first secret key, <c>nbk_…</c>.</param>
/// <param name="WriteKey">Public, can only send events, <c>nbw_…</c>.</param>
public sealed record NimbusProject(
    Guid Id,
    string Name,
    string? Description,
    string? TimeZone,
    string ApiKeyId,
    string WriteKey,
    DateTimeOffset CreatedAt);

/// <summary>A project with the secret of its key, which is shown this once.</summary>
public sealed record ProjectWithSecret(NimbusProject Project, string ApiKeySecret)
{
    /// <summary>Credentials that sign with the project's key.</summary>
    public NimbusCredentials Credentials() => NimbusCredentials.Hmac(Project.ApiKeyId, ApiKeySecret);
}

/// <summary>A link by which its bearer sets a new password, once.</summary>
/// <param name="Token">The secret that the link holds.</param>
public sealed record PasswordResetLink(Uri Link, string Token, DateTimeOffset ExpiresAt);

/// <summary>What became of the stored secrets.</summary>
/// <param name="MasterKeyId">The current master key's name.</param>
/// <param name="Resealed">Sealed under it by this call.</param>
/// <param name="Remaining">Sealed under another still.</param>
public sealed record ResealAnswer(string MasterKeyId, int Resealed, int Remaining);

/// <summary>A page of the caller's projects; ask again with <paramref name="NextCursor"/> unless it is null.</summary>
public sealed record ProjectList(IReadOnlyList<NimbusProject> Projects, string? NextCursor);
