namespace Nimbus.IdentityService.Projects;

/// <summary>A project as its members see it.</summary>
/// <param name="TimeZone">An IANA id.</param>
/// <param name="ApiKeyId">The id of the primary secret key, <c>nbk_…</c>.</param>
/// <param name="WriteKey">The primary write key, <c>nbw_…</c>: public.</param>
public sealed record ProjectAnswer(
    Guid Id, string Name, string? Description, string TimeZone, string ApiKeyId, string WriteKey, DateTimeOffset CreatedAt);

/// <summary>A project whose secret is new: the only time that it is shown.</summary>
public sealed record ProjectWithSecret(ProjectAnswer Project, string ApiKeySecret);

/// <summary>The caller's projects, oldest first.</summary>
public sealed record ProjectList(IReadOnlyList<ProjectAnswer> Projects, string? NextCursor);
