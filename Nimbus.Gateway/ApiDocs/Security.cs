using System.Text.Json.Nodes;

namespace Nimbus.Gateway.ApiDocs;

/// <summary>How a call is authenticated, declared once for all services.</summary>
internal static class Security
{
    /// <summary>A person's access token, unless an operation says otherwise.</summary>
    public static JsonArray Default() => [new JsonObject { ["bearer"] = new JsonArray() }];

    public static JsonObject Schemes() => JsonNode.Parse("""
        {
          "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The access_token of POST /v1/auth/login."
          },
          "apiKey": {
            "type": "apiKey", "in": "header", "name": "X-API-Key",
            "description": "A project's secret key, on trusted networks."
          },
          "writeKey": {
            "type": "apiKey", "in": "header", "name": "X-Write-Key",
            "description": "A project's public write key: sends events and can read nothing."
          },
          "hmacKeyId": {
            "type": "apiKey", "in": "header", "name": "X-Api-Key-Id",
            "description": "The id of the secret key that signed."
          },
          "hmacTimestamp": {
            "type": "apiKey", "in": "header", "name": "X-Api-Timestamp",
            "description": "Unix seconds, within 300 of the server's clock."
          },
          "hmacSignature": {
            "type": "apiKey", "in": "header", "name": "X-Api-Signature",
            "description": "Lower-case hex of HMAC-SHA256, keyed with the secret, over {timestamp}:{METHOD}:{path}:{body}."
          }
        }
        """)!.AsObject();

    /// <summary>Says of an operation what it needs, where its service has not said so itself.</summary>
    public static void Require(JsonObject operation, string service, string method, string path)
    {
        if (operation.ContainsKey("security"))
            return;
        if (service == "gateway"
            || path is "/v1/auth/register" or "/v1/auth/login" or "/v1/auth/refresh"
            || path.StartsWith("/v1/auth/password-reset", StringComparison.Ordinal)
            || path.StartsWith("/v1/auth/oidc/", StringComparison.Ordinal)
            || (service == "ingest" && path.EndsWith("/settings", StringComparison.Ordinal)))
        {
            operation["security"] = new JsonArray();
        }
        else if (service == "ingest" && method == "post" && path is "/v1/events" or "/events")
        {
            operation["security"] = new JsonArray(
                Scheme("hmacKeyId", "hmacTimestamp", "hmacSignature"), Scheme("apiKey"), Scheme("writeKey"));
        }
    }

    private static JsonObject Scheme(params string[] together) =>
        new(together.Select(name => KeyValuePair.Create<string, JsonNode?>(name, new JsonArray())));
}
