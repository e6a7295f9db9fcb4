using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nimbus.Client;

/// <summary>Source-generated: no reflection, so the client can be trimmed and compiled ahead of time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BatchAnswer))]
[JsonSerializable(typeof(IReadOnlyList<EventError>))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(RegisterRequest))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(RefreshRequest))]
[JsonSerializable(typeof(PasswordResetRequest))]
[JsonSerializable(typeof(PasswordResetLink))]
[JsonSerializable(typeof(ResealAnswer))]
[JsonSerializable(typeof(NoBody))]
[JsonSerializable(typeof(CreateProjectRequest))]
[JsonSerializable(typeof(RotateKeysRequest))]
[JsonSerializable(typeof(NimbusSession))]
[JsonSerializable(typeof(ProjectWithSecret))]
[JsonSerializable(typeof(ProjectList))]
[JsonSerializable(typeof(NimbusProject))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(MetricAnswer))]
[JsonSerializable(typeof(DailyUsersAnswer))]
[JsonSerializable(typeof(TopEventsAnswer))]
[JsonSerializable(typeof(RetentionAnswer))]
[JsonSerializable(typeof(DeadLetterPage))]
[JsonSerializable(typeof(ReplayRequest))]
[JsonSerializable(typeof(ReplayAnswer))]
[JsonSerializable(typeof(DeletedLetters))]
internal sealed partial class NimbusJson : JsonSerializerContext;

internal sealed record RegisterRequest(string Email, string Password, string? Name);

internal sealed record LoginRequest(string Email, string Password);

internal sealed record RefreshRequest(string RefreshToken);

/// <summary>An empty object.</summary>
internal sealed record NoBody;

internal sealed record PasswordResetRequest(string Email);

internal sealed record CreateProjectRequest(string Name, string? Description, string? TimeZone);

internal sealed record RotateKeysRequest(int? GraceSeconds);

internal sealed record ReplayRequest(JsonElement? Event);

internal sealed record DeletedLetters(int Deleted);
