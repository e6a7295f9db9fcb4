using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>One trace leads from a client's request to what was done for it, through every process in between.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class TraceTests(NimbusSystem nimbus)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_event_is_followed_from_the_request_over_gateway_and_intake_to_the_writers_copy()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var recording = nimbus.Telemetry.Record();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = JsonContent.Create(new { events = new[] { new { name = "view", user_id = "ada" } } }),
            Headers = { { "X-Write-Key", project.Project.WriteKey } },
        };
        var client = await SendAsync(request, HttpStatusCode.Accepted);

        var copy = await FindAsync(recording, client, span => span.Service == "ingest-writer" && span.Name.StartsWith("COPY", StringComparison.Ordinal));

        Assert.Equal(
            ["ingest-writer store events", "ingest POST /v1/events", "gateway POST", "gateway POST /v1/events"],
            Ancestors(recording, copy, client).Select(Label));
    }

    [Fact]
    public async Task A_question_is_followed_to_each_segment_that_is_scanned_for_it()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(new NimbusEvent("view") { UserId = "ada" });
        await project.WaitForCountAsync(1);
        var recording = nimbus.Telemetry.Record();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/insights/trends")
        {
            Content = JsonContent.Create(new
            {
                project_id = project.Id,
                from = DateTimeOffset.UtcNow.AddDays(-1),
                to = DateTimeOffset.UtcNow.AddDays(1),
                bucket = "1h",
                series = new[] { new { name = "view", measure = "users" } },
            }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", project.Owner.Session.AccessToken);
        var client = await SendAsync(request, HttpStatusCode.OK);

        var scan = await FindAsync(recording, client, span => span is { Service: "query", Name: "scan segment" });

        Assert.Equal(
            ["query query trends", "query POST /v1/insights/trends", "gateway POST", "gateway POST /v1/insights/{**rest}"],
            Ancestors(recording, scan, client).Select(Label));
    }

    /// <summary>Sends as a client that traces; its span is the root.</summary>
    private async Task<ActivityContext> SendAsync(HttpRequestMessage request, HttpStatusCode expected)
    {
        var client = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        request.Headers.Add("traceparent", $"00-{client.TraceId}-{client.SpanId}-01");
        using var answer = await nimbus.Gateway.SendAsync(request);
        Assert.True(answer.StatusCode == expected, await answer.Content.ReadAsStringAsync());
        return client;
    }

    private static async Task<ExportedSpan> FindAsync(TelemetryRecording recording, ActivityContext client, Func<ExportedSpan, bool> wanted)
    {
        List<ExportedSpan> spans = [];
        await Eventually.TrueAsync(
            () =>
            {
                spans = recording.Spans(client.TraceId.ToString());
                // Spans are sent when they end, the outer ones last.
                return Task.FromResult(spans.Any(wanted) && spans.Any(span => span.ParentId == client.SpanId.ToString()));
            },
            () => $"the trace has only {string.Join(", ", spans.Select(Label))}", Patience);
        return spans.First(wanted);
    }

    /// <summary>The spans above one, up to the client's own, which is not sent.</summary>
    private static IEnumerable<ExportedSpan> Ancestors(TelemetryRecording recording, ExportedSpan span, ActivityContext client)
    {
        var spans = recording.Spans(client.TraceId.ToString()).ToDictionary(span => span.Id);
        while (span.ParentId != client.SpanId.ToString())
        {
            span = spans[span.ParentId];
            // Of the real proxy, between the request that came and the one that goes on.
            if (span.Name != "proxy.forwarder")
                yield return span;
        }
    }

    private static string Label(ExportedSpan span) => $"{span.Service} {span.Name}";
}
