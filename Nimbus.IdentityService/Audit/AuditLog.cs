using System.Text.Json;
using Nimbus.IdentityService.Storage;

namespace Nimbus.IdentityService.Audit;

/// <summary>What can stand in the audit log.</summary>
public static class AuditAction
{
    public const string UserRegistered = "user.registered";
    public const string UserDeleted = "user.deleted";
    public const string PasswordChanged = "user.password_changed";
    public const string PasswordResetRequested = "user.password_reset_requested";
    public const string PasswordReset = "user.password_reset";
    public const string TokenCreated = "token.created";
    public const string TokenDeleted = "token.deleted";
    public const string SessionStarted = "session.started";
    public const string SessionEnded = "session.ended";
    public const string SessionReuseDetected = "session.reuse_detected";
    public const string ProjectCreated = "project.created";
    public const string ProjectChanged = "project.changed";
    public const string ProjectDeleted = "project.deleted";
    public const string MemberAdded = "member.added";
    public const string MemberChanged = "member.changed";
    public const string MemberRemoved = "member.removed";
    public const string MemberLeft = "member.left";
    public const string MemberInvited = "member.invited";
    public const string InvitationWithdrawn = "invitation.withdrawn";
    public const string InvitationAccepted = "invitation.accepted";
    public const string KeyCreated = "key.created";
    public const string KeyRotated = "key.rotated";
    public const string SecretsResealed = "secrets.resealed";
    public const string KeyDeleted = "key.deleted";
}

/// <summary>Adds entries to the unit of work at hand, so that a change and its entry commit together or not at all.</summary>
public sealed class AuditLog(IdentityDb db, IHttpContextAccessor http, TimeProvider time)
{
    /// <param name="details">Written as a JSON object; ids and names only.</param>
    public void Add(
        string action, Guid? actorId, Guid? projectId = null, string? target = null,
        IReadOnlyDictionary<string, object?>? details = null)
    {
        var now = time.GetStoredNow();
        db.AuditEntries.Add(new AuditEntry
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            ActorId = actorId,
            ProjectId = projectId,
            Action = action,
            Target = target,
            Address = http.HttpContext?.Connection.RemoteIpAddress?.ToString(),
            Details = details is null ? null : JsonSerializer.Serialize(details),
        });
    }
}
