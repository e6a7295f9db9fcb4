using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Sdk;

/// <summary>Each vendor's recorded traffic, sent through the gateway to a project of its own.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class RecordedTrafficTests(NimbusSystem nimbus)
{
    public static TheoryData<string> Files() => [.. Recording.Files()];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Recorded_traffic_is_answered_as_its_SDK_expects_and_every_event_is_stored_once(string file)
    {
        var project = await TestProject.CreateAsync(nimbus);
        var recordings = Recording.Of(file);
        foreach (var recording in recordings)
        {
            using var answer = await RecordedTraffic.SendAsync(nimbus.Gateway, recording, project.Project.WriteKey);
            await AssertAnswerAsync(recording, answer);
        }

        var sent = recordings.SelectMany(EventsIn).ToList();
        await project.WaitForCountAsync(sent.Select(e => e.Key).Distinct().Count());
        var stored = await project.AllEventsAsync();
        Assert.Equal(
            sent.DistinctBy(e => e.Key).Select(e => e.Name).Order(StringComparer.Ordinal),
            stored.Select(e => e.Name).Order(StringComparer.Ordinal));
    }

    private static async Task AssertAnswerAsync(Recording recording, HttpResponseMessage answer)
    {
        var body = await answer.Content.ReadAsStringAsync();
        var where = $"{recording.File}:{recording.Line} {recording.Method} {recording.Url[..Math.Min(80, recording.Url.Length)]} → {(int)answer.StatusCode} {body}";
        if (recording.Method == "OPTIONS")
        {
            Assert.True(answer.IsSuccessStatusCode, where);
            return;
        }
        Assert.True(answer.StatusCode == HttpStatusCode.OK, where);
        if (recording.Headers.TryGetValue("origin", out var origin))
        {
            Assert.Equal(origin, Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
            Assert.Equal("true", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Credentials")));
        }
        // What the SDK checks to the letter.
        if (recording.Path.TrimEnd('/') is "/track" or "/import" or "/engage" or "/groups")
            Assert.Equal(recording.Answer.GetProperty("body").ToString().Replace(" ", "", StringComparison.Ordinal), body);
        else if (recording.Path is "/e/" or "/batch/")
            Assert.Equal("""{"status":"Ok"}""", body);
        else if (recording.File.StartsWith("segment", StringComparison.Ordinal) && recording.Method == "POST")
            Assert.True(JsonNode.Parse(body)!["success"]!.GetValue<bool>(), where);
    }

    /// <summary>The events of a request under the names they have in Nimbus, with what makes two of them the same.</summary>
    private static IEnumerable<(string Name, string Key)> EventsIn(Recording recording)
    {
        var path = recording.Path.TrimEnd('/');
        if (recording.Decoded is not { } body || path is "/engage" or "/groups" or "/flags" or "/decide")
            return [];
        var events = body.ValueKind == JsonValueKind.Array ? body.EnumerateArray().ToList()
            : body.TryGetProperty("batch", out var batch) ? batch.EnumerateArray().ToList() : [body];
        return events.Select((e, i) => (NameOf(e), KeyOf(e) ?? $"{recording.Line}:{i}"));
    }

    private static string NameOf(JsonElement e) => Text(e, "type") switch
    {
        _ when Text(e, "event") is { } name => name switch { "$pageview" or "$mp_web_page_view" => "$page", _ => name },
        { } type => "$" + type,
        null => throw new InvalidOperationException($"no event: {e}"),
    };

    private static string? KeyOf(JsonElement e) =>
        Text(e, "messageId") ?? Text(e, "uuid")
        ?? (e.TryGetProperty("properties", out var properties) && Text(properties, "$insert_id") is { } id ? $"{Text(e, "event")}:{id}" : null);

    private static string? Text(JsonElement e, string name) =>
        e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
