using System.Text.Json;

namespace Nimbus.IdentityService.Audit;

/// <summary>One change: who did what to what, when and from where.</summary>
/// <param name="ActorId">Null where nobody was signed in.</param>
/// <param name="ActorEmail">Null for an account that is gone.</param>
/// <param name="Action"><c>thing.verb</c>.</param>
/// <param name="Address">The caller's.</param>
/// <param name="Details">An object, or null.</param>
public sealed record AuditEntryAnswer(
    Guid Id, DateTimeOffset At, Guid? ActorId, string? ActorEmail, string Action, string? Target, string? Address, JsonElement? Details);

/// <summary>The changes of a project, youngest first.</summary>
public sealed record AuditPage(IReadOnlyList<AuditEntryAnswer> Entries, string? NextCursor);
