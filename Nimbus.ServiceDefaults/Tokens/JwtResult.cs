using System.Text.Json;

namespace Nimbus.ServiceDefaults;

/// <summary>A verified token's issuer, claims and those of its audiences that are ours; or why it was refused.</summary>
internal readonly record struct JwtResult(JwtRefusal? Refusal, string Issuer, IReadOnlyList<string> Audiences, JsonElement Claims)
{
    public static JwtResult Refused(JwtRefusal refusal) => new(refusal, "", [], default);
}
