using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.ServiceDefaults;

/// <summary>Whatever goes wrong, the caller gets one and the same kind of document, and our log gets the rest.</summary>
public class ProblemTests(ProblemHost service) : IClassFixture<ProblemHost>
{
    private readonly DefaultsHost host = service.Host;
    private readonly LogLines log = service.Log;

    [Theory]
    [InlineData("GET", "/nowhere", null, null, 404, "not_found")]
    [InlineData("GET", "/", null, null, 404, "not_found")]
    [InlineData("POST", "/number", null, null, 405, "method_not_allowed")]
    [InlineData("GET", "/mine", null, null, 401, "unauthorized")]
    [InlineData("GET", "/conflict", null, null, 409, "email_taken")]
    [InlineData("GET", "/result", null, null, 404, "project_not_found")]
    [InlineData("GET", "/fault", null, null, 500, "internal_error")]
    [InlineData("GET", "/number", null, null, 400, "validation_failed")]
    [InlineData("GET", "/number?pageSize=ten", null, null, 400, "validation_failed")]
    [InlineData("GET", "/thing/7", null, null, 400, "validation_failed")]
    [InlineData("POST", "/thing", "{\"name\":", "application/json", 400, "invalid_json")]
    [InlineData("POST", "/thing", "{\"count\":\"many\"}", "application/json", 400, "invalid_json")]
    [InlineData("POST", "/thing", "", "application/json", 400, "invalid_json")]
    [InlineData("POST", "/thing", null, null, 400, "invalid_json")]
    [InlineData("POST", "/thing", "null", "application/json", 400, "invalid_json")]
    [InlineData("POST", "/thing", "\u0000", "application/json", 400, "invalid_json")]
    [InlineData("POST", "/thing", "a=b", "text/plain", 415, "unsupported_media_type")]
    public async Task Every_error_is_a_problem_document_with_its_code(
        string method, string path, string? body, string? type, int status, string code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, type!);
        // Browsers ask for HTML; an error has its body all the same.
        request.Headers.Accept.ParseAdd("text/html");

        var problem = await SendAsync(request);

        Assert.Equal(status, (int)problem.Status);
        Assert.Equal(code, problem.Code);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_too_large_whether_it_says_so_or_not()
    {
        using var declared = new HttpRequestMessage(HttpMethod.Post, "/small") { Content = new StringContent(new string('a', 101)) };
        using var streamed = new HttpRequestMessage(HttpMethod.Post, "/small") { Content = new StringContent(new string('a', 101)) };
        streamed.Headers.TransferEncodingChunked = true;

        foreach (var request in new[] { declared, streamed })
        {
            var problem = await SendAsync(request);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, problem.Status);
            Assert.Equal("too_large", problem.Code);
        }
    }

    [Fact]
    public async Task A_fault_of_ours_tells_the_caller_nothing_and_the_log_everything_under_the_same_trace()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/fault");

        var problem = await SendAsync(request);

        Assert.DoesNotContain("hunter2", problem.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", problem.Text, StringComparison.Ordinal);
        var line = Assert.Single(log.Lines, line => line.TraceId == problem.TraceId && line.Exception is InvalidOperationException);
        Assert.Equal(LogLevel.Error, line.Level);
    }

    [Fact]
    public async Task What_the_caller_did_wrong_is_no_error_in_our_log()
    {
        using var conflict = new HttpRequestMessage(HttpMethod.Get, "/conflict");
        using var broken = new HttpRequestMessage(HttpMethod.Get, "/number?pageSize=ten");

        var first = await SendAsync(conflict);
        var second = await SendAsync(broken);

        Assert.DoesNotContain(log.Lines, line =>
            line.Level >= LogLevel.Warning && (line.TraceId == first.TraceId || line.TraceId == second.TraceId));
    }

    [Fact]
    public async Task A_value_that_cannot_be_read_is_named_as_the_client_names_things()
    {
        using var broken = new HttpRequestMessage(HttpMethod.Get, "/number?pageSize=ten");

        var problem = await SendAsync(broken);

        Assert.Equal("This value cannot be read.", problem.Json.GetProperty("errors").GetProperty("page_size")[0].GetString());
        Assert.DoesNotContain("Int32", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validation_errors_stand_by_field()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/invalid");

        var problem = await SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, problem.Status);
        Assert.Equal("validation_failed", problem.Code);
        Assert.Equal("Too long.", problem.Json.GetProperty("errors").GetProperty("email")[0].GetString());
    }

    [Fact]
    public async Task A_missing_token_is_asked_for_and_a_bad_one_is_called_so()
    {
        using var without = await host.Client.GetAsync("/mine");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/mine");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "nonsense");
        using var bad = await host.Client.SendAsync(request);

        Assert.Equal("Bearer", without.Headers.WwwAuthenticate.Single().ToString());
        Assert.Equal(HttpStatusCode.Unauthorized, bad.StatusCode);
        Assert.Equal("Bearer error=\"invalid_token\"", bad.Headers.WwwAuthenticate.Single().ToString());
    }

    [Fact]
    public async Task A_token_opens_what_its_audience_is_for_and_nothing_else()
    {
        Assert.Equal(200, await StatusAsync("/mine", host.UserToken()));
        Assert.Equal(200, await StatusAsync("/internal", host.ServiceToken()));
        Assert.Equal(403, await StatusAsync("/mine", host.ServiceToken()));
        Assert.Equal(403, await StatusAsync("/internal", host.UserToken()));
        Assert.Equal(401, await StatusAsync("/internal", null));
        Assert.Equal(401, await StatusAsync("/mine?access_token=" + host.UserToken(), null));
    }

    [Fact]
    public async Task Being_forbidden_is_a_problem_document_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/internal");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", host.UserToken());

        var problem = await SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, problem.Status);
        Assert.Equal("forbidden", problem.Code);
    }

    private async Task<int> StatusAsync(string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await host.Client.SendAsync(request);
        return (int)response.StatusCode;
    }

    /// <summary>The answer, after looking at what every error document has.</summary>
    private async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await host.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Single(response.Headers.GetValues("X-Request-Id"));
        Assert.False(response.Headers.Contains("Server"));
        var json = JsonDocument.Parse(text).RootElement;
        var code = json.GetProperty("code").GetString();
        Assert.Equal((int)response.StatusCode, json.GetProperty("status").GetInt32());
        Assert.Equal($"urn:nimbus:problem:{code}", json.GetProperty("type").GetString());
        Assert.NotEmpty(json.GetProperty("title").GetString()!);
        Assert.NotEmpty(json.GetProperty("detail").GetString()!);
        var traceId = json.GetProperty("trace_id").GetString()!;
        Assert.Matches("^[0-9a-f]{32}$", traceId);
        return new Answer(response.StatusCode, code!, traceId, json, text);
    }

    private sealed record Answer(HttpStatusCode Status, string Code, string TraceId, JsonElement Json, string Text);
}
