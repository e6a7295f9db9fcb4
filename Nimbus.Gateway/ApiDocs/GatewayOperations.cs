using System.Text.Json.Nodes;

namespace Nimbus.Gateway.ApiDocs;

/// <summary>What the gateway answers itself.</summary>
internal static class GatewayOperations
{
    public static JsonObject Document()
    {
        var paths = new JsonObject
        {
            ["/health"] = Probe("The gateway is alive, whatever it depends on."),
            ["/readiness"] = Probe("The gateway is ready to serve.", notReady: "It is not, and says what is wrong."),
            ["/health/detailed"] = Probe("Each check of the gateway with its outcome.", notReady: "A check fails."),
            ["/v1/health"] = Probe("Every service is ready.", notReady: "One is not: which one and why."),
        };
        return new()
        {
            ["openapi"] = "3.1.1",
            ["paths"] = paths,
            ["tags"] = new JsonArray(new JsonObject { ["name"] = "Operations" }),
        };
    }

    private static JsonObject Probe(string summary, string? notReady = null)
    {
        var responses = new JsonObject { ["200"] = new JsonObject { ["description"] = summary } };
        if (notReady is not null)
            responses["503"] = new JsonObject { ["description"] = notReady };
        return new()
        {
            ["get"] = new JsonObject
            {
                ["tags"] = new JsonArray("Operations"),
                ["summary"] = summary,
                ["responses"] = responses,
            },
        };
    }
}
