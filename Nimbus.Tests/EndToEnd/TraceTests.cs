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

        var above = await AncestorsAsync(recording, client, span => span.Service == "ingest-writer" && span.Name.StartsWith("COPY", StringComparison.Ordinal));

        Assert.Equal(
            ["ingest-writer store events", "ingest POST /v1/events", "gateway POST", "gateway POST /v1/events"],
            above);

        // The same trace has how the request's entry got into the stream.
        var toStream = await AncestorsAsync(recording, client, span => span is { Service: "ingest", Name: "append to stream" });
        Assert.Equal(["ingest POST /v1/events", "gateway POST", "gateway POST /v1/events"], toStream);
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

        var above = await AncestorsAsync(recording, client, span => span is { Service: "query", Name: "scan segment" });

        Assert.Equal(
            ["query query trends", "query POST /v1/insights/trends", "gateway POST", "gateway POST /v1/insights/{**rest}"],
            above);
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

    /// <summary>The labels of the spans above the wanted one, up to the client's own, which is not sent.</summary>
    private static async Task<List<string>> AncestorsAsync(
        TelemetryRecording recording, ActivityContext client, Func<ExportedSpan, bool> wanted)
    {
        List<ExportedSpan> spans = [];
        List<ExportedSpan>? path = null;
        await Eventually.TrueAsync(
            () =>
            {
                spans = recording.Spans(client.TraceId.ToString());
                // Each process sends its spans when they have ended, and when it comes to it: in no order.
                path = spans.Where(wanted).Select(span => PathTo(client, span, spans)).FirstOrDefault(path => path is not null);
                return Task.FromResult(path is not null);
            },
            () => $"the trace has only {string.Join(", ", spans.Select(Label))}", Patience);
        // Of the real proxy, between the request that came and the one that goes on.
        return [.. path!.Where(span => span.Name != "proxy.forwarder").Select(Label)];
    }

    /// <summary>Null where a span in between is not there yet.</summary>
    private static List<ExportedSpan>? PathTo(ActivityContext client, ExportedSpan span, List<ExportedSpan> spans)
    {
        var path = new List<ExportedSpan>();
        while (span.ParentId != client.SpanId.ToString())
        {
            if (spans.Find(other => other.Id == span.ParentId) is not { } parent)
                return null;
            path.Add(span = parent);
        }
        return path;
    }

    private static string Label(ExportedSpan span) => $"{span.Service} {span.Name}";
}
