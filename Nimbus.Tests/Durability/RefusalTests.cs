using System.Net;
using System.Text;
using System.Text.Json;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Durability;

/// <summary>What intake answers strangers who guess keys, and operators while nothing is stored.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class RefusalTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task An_address_that_keeps_failing_to_authenticate_is_429_while_a_valid_key_is_let_in_on()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(
            nimbus, new() { ["Nimbus:RateLimit:Enabled"] = "true", ["Nimbus:RateLimit:AnonymousPerMinute"] = "3" });
        for (var attempt = 0; attempt < 5; attempt++)
        {
            using var answer = await (pipeline.Request(["a"]) with { Secret = "not the secret" }).SendAsync();
            Assert.Equal((attempt, attempt < 3 ? HttpStatusCode.Unauthorized : HttpStatusCode.TooManyRequests), (attempt, answer.StatusCode));
            if (attempt >= 3)
                Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 20);
        }
        // Settings and preflights are nobody's attempts, and who has a key is no stranger.
        using (var settings = await pipeline.Intake.Client.GetAsync("/v1/projects/nbw_unknown/settings"))
            Assert.Equal(HttpStatusCode.NotFound, settings.StatusCode);
        await pipeline.SendAsync(["a"]);

        // Each SDK in its own words: a browser's drops what is answered with 429 by PostHog, and sends again after 503.
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(pipeline, "/v1/batch", """{"writeKey":"nbw_unknown","batch":[{"type":"track","event":"a","userId":"u"}]}"""));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(pipeline, "/track", """[{"event":"a","properties":{"token":"nbw_unknown","distinct_id":"u"} }]"""));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(pipeline, "/e/", """{"api_key":"nbw_unknown","event":"a","distinct_id":"u"}"""));
    }

    [Fact]
    public async Task While_nothing_is_stored_intake_says_so_in_its_detailed_health()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        Assert.Equal("healthy", (await PipelineHealthAsync(pipeline)).Status);
        // As an entry looks that was added when the id says it was: two minutes ago.
        var then = DateTimeOffset.UtcNow.AddMinutes(-2).ToUnixTimeMilliseconds();
        await pipeline.Redis.ExecuteAsync("XADD", OwnPipeline.Stream, $"{then}-0", "entry", "unreadable");

        var (status, said) = await PipelineHealthAsync(pipeline);
        Assert.Equal("degraded", status);
        Assert.StartsWith("Stalled: the oldest entry waits for 12", said, StringComparison.Ordinal);

        pipeline.StartWriter();
        await pipeline.HasStoredAsync([]);
        Assert.Equal("healthy", (await PipelineHealthAsync(pipeline)).Status);
        Assert.Equal("unreadable_entry", await pipeline.AskAsync<string>("SELECT reason FROM dead_letters"));
    }

    private static async Task<(string? Status, string? Said)> PipelineHealthAsync(OwnPipeline pipeline)
    {
        using var answer = await pipeline.Intake.Client.GetAsync("/health/detailed");
        var check = JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync()).GetProperty("checks").EnumerateArray()
            .Single(check => check.GetProperty("name").GetString() == "pipeline");
        return (check.GetProperty("status").GetString(), check.GetProperty("description").GetString());
    }

    private static async Task<HttpStatusCode> StatusAsync(OwnPipeline pipeline, string path, string body)
    {
        using var answer = await pipeline.Intake.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        return answer.StatusCode;
    }
}
