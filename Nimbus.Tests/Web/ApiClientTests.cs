using System.Text.Json;
using System.Text.Json.Nodes;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Web;

/// <summary>
/// The dashboard's client is made from a copy of the document. The copy may lack what the dashboard does not use yet; what
/// it has must be what the running system says.
/// </summary>
[Collection(NimbusSystem.Collection)]
public sealed class ApiClientTests(NimbusSystem nimbus)
{
    private static readonly string Copy = Path.Combine(Browser.WebFolder, "src", "api", "openapi.json");
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_client_is_made_from_what_the_running_system_says_of_itself()
    {
        var running = JsonNode.Parse(await nimbus.Gateway.GetStringAsync("/openapi.json"))!;
        if (Environment.GetEnvironmentVariable("NIMBUS_UPDATE_API") == "1")
            await File.WriteAllTextAsync(Copy, running.ToJsonString(Written) + "\n");
        var copy = JsonNode.Parse(await File.ReadAllTextAsync(Copy))!;

        List<string> different = [];
        foreach (var part in (string[])["paths", "schemas"])
        {
            var (now, kept) = (Part(running, part), Part(copy, part));
            different.AddRange(kept.Where(entry => !JsonNode.DeepEquals(now[entry.Key], entry.Value)).Select(entry => entry.Key));
        }
        Assert.True(different.Count == 0,
            $"{string.Join(", ", different)}: the API has changed. Run this test with NIMBUS_UPDATE_API=1, then `npm run api` in Nimbus.Web.");
    }

    private static JsonObject Part(JsonNode document, string name) =>
        (name == "schemas" ? document["components"]![name] : document[name])!.AsObject();
}
