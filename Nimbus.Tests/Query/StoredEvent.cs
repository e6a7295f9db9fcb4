using System.Text.Json;

namespace Nimbus.Tests.Query;

/// <summary>An event as the tests put it into eventsdb and as the naive twins read it.</summary>
/// <param name="Props">A JSON object, by key; the values are JSON texts.</param>
public sealed record StoredEvent(
    DateTime Ts, Guid Id, string Name, string? UserId, string? AnonymousId, IReadOnlyDictionary<string, string> Props)
{
    public string PropsText =>
        "{" + string.Join(",", Props.Select(p => $"{JsonSerializer.Serialize(p.Key)}:{p.Value}")) + "}";
}
