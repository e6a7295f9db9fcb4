using System.Text.Json.Nodes;
using Nimbus.Gateway.ApiDocs;

namespace Nimbus.Tests.Gateway;

public sealed class DocumentMergerTests
{
    [Fact]
    public void Two_services_share_a_path_by_its_methods()
    {
        var merged = DocumentMerger.Merge([
            ("ingest", Document("""{ "/v1/events": { "post": { "summary": "send" } } }""")),
            ("query", Document("""{ "/v1/events": { "get": { "summary": "list" } } }""")),
        ]);

        Assert.Equal("send", (string?)merged["paths"]!["/v1/events"]!["post"]!["summary"]);
        Assert.Equal("list", (string?)merged["paths"]!["/v1/events"]!["get"]!["summary"]);
    }

    [Fact]
    public void Internal_paths_are_left_out()
    {
        var merged = DocumentMerger.Merge([("identity", Document("""
            { "/internal/keys/resolve": { "post": {} }, "/v1/auth/me": { "get": {} } }
            """))]);

        Assert.Equal(["/v1/auth/me"], merged["paths"]!.AsObject().Select(p => p.Key));
    }

    [Fact]
    public void A_service_that_is_away_leaves_its_part_out_and_is_named()
    {
        var merged = DocumentMerger.Merge([("identity", Document("""{ "/v1/auth/me": { "get": {} } }""")), ("query", null)]);

        Assert.Equal("""["query"]""", merged["x-nimbus-unavailable"]!.ToJsonString());
        Assert.NotNull(merged["paths"]!["/v1/auth/me"]);
    }

    [Fact]
    public void The_same_schema_in_two_services_stands_once()
    {
        const string problem = """{ "ProblemDetails": { "type": "object" } }""";
        var merged = DocumentMerger.Merge([("identity", Document("{}", problem)), ("query", Document("{}", problem))]);

        Assert.Equal(["ProblemDetails"], Schemas(merged).Select(s => s.Key));
    }

    [Fact]
    public void A_different_schema_of_the_same_name_is_renamed_with_all_that_refers_to_it()
    {
        const string list = """{ "type": "array", "items": { "$ref": "#/components/schemas/Item" } }""";
        const string usingList = """
            { "/v1/SERVICE": { "get": { "responses": { "200": { "content": { "application/json":
              { "schema": { "$ref": "#/components/schemas/List" } } } } } } } }
            """;
        var merged = DocumentMerger.Merge([
            ("identity", Document(usingList.Replace("SERVICE", "a", StringComparison.Ordinal),
                $$"""{ "Item": { "type": "string" }, "List": {{list}} }""")),
            ("query", Document(usingList.Replace("SERVICE", "b", StringComparison.Ordinal),
                $$"""{ "Item": { "type": "integer" }, "List": {{list}} }""")),
        ]);

        Assert.Equal("string", (string?)Schemas(merged)["Item"]!["type"]);
        Assert.Equal("integer", (string?)Schemas(merged)["Item_query"]!["type"]);
        // The two lists are the same words, but not of the same things.
        Assert.Equal("#/components/schemas/Item", (string?)Schemas(merged)["List"]!["items"]!["$ref"]);
        Assert.Equal("#/components/schemas/Item_query", (string?)Schemas(merged)["List_query"]!["items"]!["$ref"]);
        Assert.Contains("#/components/schemas/List\"", merged["paths"]!["/v1/a"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("#/components/schemas/List_query\"", merged["paths"]!["/v1/b"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Ways_to_authenticate_are_declared_once_and_named_where_they_differ()
    {
        var merged = DocumentMerger.Merge([
            ("identity", Document("""{ "/v1/auth/login": { "post": {} }, "/v1/auth/me": { "get": {} } }""")),
            ("ingest", Document("""{ "/v1/events": { "post": {} } }""")),
        ]);

        Assert.Equal("""[{"bearer":[]}]""", merged["security"]!.ToJsonString());
        Assert.Equal("[]", merged["paths"]!["/v1/auth/login"]!["post"]!["security"]!.ToJsonString());
        Assert.Null(merged["paths"]!["/v1/auth/me"]!["get"]!["security"]);
        Assert.Equal(
            """[{"hmacKeyId":[],"hmacTimestamp":[],"hmacSignature":[]},{"apiKey":[]},{"writeKey":[]}]""",
            merged["paths"]!["/v1/events"]!["post"]!["security"]!.ToJsonString());
        Assert.Equal(
            ["bearer", "apiKey", "writeKey", "hmacKeyId", "hmacTimestamp", "hmacSignature"],
            merged["components"]!["securitySchemes"]!.AsObject().Select(s => s.Key));
    }

    private static JsonObject Schemas(JsonObject merged) => merged["components"]!["schemas"]!.AsObject();

    private static JsonObject Document(string paths, string schemas = "{}") => JsonNode.Parse(
        $$"""{ "openapi": "3.1.1", "paths": {{paths}}, "components": { "schemas": {{schemas}} } }""")!.AsObject();
}
