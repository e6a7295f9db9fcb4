using System.Net;
using System.Text.Json;
using Nimbus.Client;

namespace Nimbus.Tests.Client;

public sealed class ApiTests
{
    private static readonly Guid Project = new("019b8d57-8641-7127-b3fa-ed2a8ef6f309");

    [Fact]
    public async Task A_metric_keeps_empty_buckets_and_the_json_type_of_its_groups()
    {
        using var api = Answering(200, """
            {"metric":"events.count","bucket":"1h",
             "groups":[{"value":12,"series":[{"ts":"2026-01-05T00:00:00Z","value":3},{"ts":"2026-01-05T01:00:00Z","value":null}]},
                       {"value":null,"series":[]}]}
            """);

        var answer = await api.GetMetricsAsync(new MetricQuery(Project) { GroupBy = "n" });

        Assert.Equal(JsonValueKind.Number, answer.Groups![0].Value!.Value.ValueKind);
        Assert.Equal([3, null], answer.Groups[0].Series.Select(point => point.Value));
        Assert.Null(answer.Groups[1].Value);
    }

    [Fact]
    public async Task A_retention_window_that_has_not_begun_is_null()
    {
        using var api = Answering(200, """{"cohorts":[{"start":"2026-01-05","size":3,"retained":[3,1,null]}]}""");

        var answer = await api.GetRetentionAsync(Project, new DateOnly(2026, 1, 5), 3);

        Assert.Equal([3, 1, null], answer.Cohorts.Single().Retained);
    }

    [Fact]
    public async Task A_stored_event_gives_back_every_digit()
    {
        using var api = Answering(200, """
            {"events":[{"id":"019b8d56-6b12-72f3-8e2a-5c727e1283b1","name":"order_placed","ts":"2026-01-05T08:46:49.618Z",
              "received_at":"2026-01-05T08:46:50Z","user_id":"ada","anonymous_id":null,"person_id":null,
              "props":{"n":9007199254740993},"context":null,"seq":null,"idempotency_key":"k"}],"next_cursor":null}
            """);

        var page = await api.GetEventsAsync(new EventQuery(Project));

        Assert.Equal("9007199254740993", page.Events.Single().Props!.Value.GetProperty("n").GetRawText());
        Assert.Null(page.NextCursor);
    }

    [Theory]
    [InlineData(404, """{"title":"Not Found","detail":"No such project.","code":"project_not_found","trace_id":"t"}""", "project_not_found")]
    [InlineData(502, "<html>bad gateway</html>", null)]
    [InlineData(400, """{"detail":"d","code":"validation_failed","errors":{"name":["required"]}}""", "validation_failed")]
    public async Task A_refusal_is_thrown_with_its_status_and_the_code_of_its_problem(int status, string body, string? code)
    {
        using var api = Answering(status, body);

        var refusal = await Assert.ThrowsAsync<NimbusException>(() => api.CreateProjectAsync("p"));

        Assert.Equal(((HttpStatusCode)status, code), (refusal.Status!.Value, refusal.Code));
    }

    [Fact]
    public async Task Signing_in_sends_the_token_with_what_follows()
    {
        var sent = new List<HttpRequestMessage>();
        using var api = Answering(200, """
            {"access_token":"a1","refresh_token":"r","token_type":"Bearer","expires_in":3600,
             "user":{"id":"019b8d56-6b12-72f3-8e2a-5c727e1283b1","email":"e","name":null,"created_at":"2026-01-05T00:00:00Z"},
             "cohorts":[],"days":[]}
            """, sent);

        await api.LoginAsync("e", "p");
        await api.GetDailyUsersAsync(Project, new DateOnly(2026, 1, 5), new DateOnly(2026, 1, 6), "Europe/Berlin");

        Assert.Equal("http://nimbus.test/base/v1/auth/login", sent[0].RequestUri!.AbsoluteUri);
        Assert.Null(sent[0].Headers.Authorization);
        Assert.Equal(
            $"http://nimbus.test/base/v1/stats/dau?project_id={Project}&from=2026-01-05&to=2026-01-06&tz=Europe%2FBerlin",
            sent[1].RequestUri!.AbsoluteUri);
        Assert.Equal("Bearer a1", sent[1].Headers.Authorization!.ToString());
    }

    private static NimbusApi Answering(int status, string body, List<HttpRequestMessage>? sent = null) =>
        new(new HttpClient(new Canned(status, body, sent ?? [])) { BaseAddress = new Uri("http://nimbus.test/base") });

    private sealed class Canned(int status, string body, List<HttpRequestMessage> sent) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
        {
            sent.Add(request);
            return Task.FromResult(new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) });
        }
    }
}
