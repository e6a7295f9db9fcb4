namespace Nimbus.IdentityService.Projects;

/// <summary>A project as its members see it.</summary>
/// <param name="TimeZone">An IANA id.</param>
/// <param name="RetentionDays">After how many days an event is deleted; null: never.</param>
/// <param name="Traffic">What is kept of where a browser's events come from.</param>
/// <param name="ApiKeyId">The id of the primary secret key, <c>nbk_…</c>.</param>
/// <param name="WriteKey">The primary write key, <c>nbw_…</c>: public.</param>
public sealed record ProjectAnswer(
    Guid Id, string Name, string? Description, string TimeZone, int? RetentionDays, TrafficDetail Traffic, string ApiKeyId, string WriteKey,
    DateTimeOffset CreatedAt);

/// <summary>A project whose secret is new: the only time that it is shown.</summary>
public sealed record ProjectWithSecret(ProjectAnswer Project, string ApiKeySecret);

/// <summary>A project that the caller owned when it was deleted.</summary>
/// <param name="ErasedAt">Since when nothing of its events is left; null: they are still being deleted.</param>
public sealed record DeletedProject(Guid Id, string Name, DateTimeOffset DeletedAt, DateTimeOffset? ErasedAt);

/// <summary>Deleted projects, oldest first.</summary>
public sealed record DeletedProjectList(IReadOnlyList<DeletedProject> Projects, string? NextCursor);

/// <summary>The caller's projects, oldest first.</summary>
public sealed record ProjectList(IReadOnlyList<ProjectAnswer> Projects, string? NextCursor);
