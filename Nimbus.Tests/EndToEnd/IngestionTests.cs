using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>Events in over the gateway, and the answers that show what became of them.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class IngestionTests(NimbusSystem nimbus)
{
    private const string OneEvent = """{"events":[{"name":"signup","user_id":"ada"}]}""";

    [Theory]
    [InlineData("/v1/events")]
    [InlineData("/events")]
    public async Task A_signed_request_is_stored(string path)
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var answer = await new SignedRequest(project, OneEvent) { Path = path }.SendAsync();
        await IsAsync(answer, HttpStatusCode.Accepted);
        await project.WaitForCountAsync(1);
    }

    [Theory]
    [InlineData("X-API-Key")]
    [InlineData("X-Write-Key")]
    [InlineData("Basic")]
    public async Task A_key_in_a_header_is_as_good_as_a_signature(string way)
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = Json(OneEvent) };
        if (way == "Basic")
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(project.Project.WriteKey + ":")));
        else
            request.Headers.Add(way, way == "X-API-Key" ? project.Secret : project.Project.WriteKey);
        using var answer = await nimbus.Gateway.SendAsync(request);
        await IsAsync(answer, HttpStatusCode.Accepted);
        await project.WaitForCountAsync(1);
    }

    [Fact]
    public async Task A_request_that_does_not_prove_its_project_is_refused_and_nothing_of_it_is_stored()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var other = await TestProject.CreateAsync(nimbus);
        var good = new SignedRequest(project, OneEvent);
        (SignedRequest Request, HttpStatusCode Status, string Code)[] cases =
        [
            (good with { SignedBody = OneEvent + " " }, HttpStatusCode.Unauthorized, "invalid_signature"),
            (good with { Secret = other.Secret }, HttpStatusCode.Unauthorized, "invalid_signature"),
            (good with { SignedAt = DateTimeOffset.UtcNow.AddSeconds(-310) }, HttpStatusCode.Unauthorized, "timestamp_skew"),
            (good with { SignedAt = DateTimeOffset.UtcNow.AddSeconds(310) }, HttpStatusCode.Unauthorized, "timestamp_skew"),
            (good with { KeyId = "nbk_000000000000000000000000" }, HttpStatusCode.Unauthorized, "unknown_key"),
            (good with { Body = $$"""{"project_id":"{{other.Id}}","events":[{"name":"a"}]}""" }, HttpStatusCode.Forbidden, "project_mismatch"),
        ];
        foreach (var (request, status, code) in cases)
        {
            using var answer = await request.SendAsync();
            Assert.Equal(code, (await IsAsync(answer, status)).GetProperty("code").GetString());
        }

        // A good one behind them shows that nothing else is still on its way.
        (await good.SendAsync()).Dispose();
        await project.WaitForCountAsync(1);
        Assert.Equal(0, await other.CountAsync());
    }

    [Fact]
    public async Task Good_events_of_a_batch_are_taken_although_others_are_bad()
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var answer = await new SignedRequest(
            project, """{"events":[{"name":"good"},{"user_id":"nameless"},{"event":"also good"},{"name":"late","ts":"2100-01-01T00:00:00Z"}]}""").SendAsync();
        var result = await IsAsync(answer, HttpStatusCode.Accepted);
        Assert.Equal((2, 2), (result.GetProperty("accepted").GetInt32(), result.GetProperty("rejected").GetInt32()));
        Assert.Equal(
            [(1, "invalid_name"), (3, "ts_in_future")],
            result.GetProperty("errors").EnumerateArray().Select(e => (e.GetProperty("index").GetInt32(), e.GetProperty("code").GetString()!)));
        await project.WaitForCountAsync(2);
    }

    [Fact]
    public async Task A_batch_without_one_good_event_is_400_with_each_reason()
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var answer = await new SignedRequest(project, """{"events":[{"name":""},{"name":"old","ts":"1970-06-01T00:00:00Z"}]}""").SendAsync();
        var problem = await IsAsync(answer, HttpStatusCode.BadRequest);
        Assert.Equal(
            ["invalid_name", "ts_too_old"],
            problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("code").GetString()!));
    }

    [Fact]
    public async Task What_cannot_be_read_is_a_problem_document_and_never_a_500()
    {
        var project = await TestProject.CreateAsync(nimbus);
        foreach (var body in (string[])["", "null", "[]", "{", """{"events":{}}""", """{"events":[]}""", """{"events":[1]}""", "{\"events\":\"\\ud800\"}", new string('[', 10_000)])
        {
            using var answer = await new SignedRequest(project, body).SendAsync();
            await IsAsync(answer, HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task A_body_that_unpacks_beyond_its_bound_is_413()
    {
        var project = await TestProject.CreateAsync(nimbus);
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var spaces = new byte[1 << 20];
            Array.Fill(spaces, (byte)' ');
            for (var mebibyte = 0; mebibyte < 40; mebibyte++)
                await gzip.WriteAsync(spaces);
        }
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ByteArrayContent(packed.ToArray()) };
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.Add("X-API-Key", project.Secret);
        using var answer = await nimbus.Gateway.SendAsync(request);
        await IsAsync(answer, HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Two_requests_with_identical_signed_bytes_are_one()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var request = new SignedRequest(project, """{"events":[{"name":"a"},{"name":"b"}]}""");
        for (var time = 0; time < 3; time++)
        {
            using var answer = await request.SendAsync();
            await IsAsync(answer, HttpStatusCode.Accepted);
        }
        await StoredAfterMarkerAsync(project, 2);
    }

    [Fact]
    public async Task Ten_clients_that_send_the_same_keys_at_once_store_each_event_once()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var events = Enumerable.Range(0, 50).Select(i => new NimbusEvent("once") { IdempotencyKey = $"key-{i}" }).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => project.SendAsync(events)));
        Assert.All(answers, answer => Assert.Equal((50, 0), (answer.Accepted + answer.Duplicates, answer.Rejected)));
        await StoredAfterMarkerAsync(project, 50);
    }

    [Fact]
    public async Task Ten_clients_that_send_the_same_signed_bytes_at_once_are_answered_alike_and_store_them_once()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var request = new SignedRequest(project, """{"events":[{"name":"a"},{"name":"b"},{"name":""}]}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => request.SendAsync()));
        foreach (var answer in answers)
        {
            var result = await IsAsync(answer, HttpStatusCode.Accepted);
            Assert.Equal((2, 1), (result.GetProperty("accepted").GetInt32() + result.GetProperty("duplicates").GetInt32(), result.GetProperty("rejected").GetInt32()));
            answer.Dispose();
        }
        await StoredAfterMarkerAsync(project, 2);
    }

    [Fact]
    public async Task What_a_device_did_before_sign_up_is_its_persons_from_the_link_on()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var noon = new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
        await project.SendAsync(
            new NimbusEvent("visit") { AnonymousId = "device-1", Timestamp = noon },
            new NimbusEvent("visit") { UserId = "ada", Timestamp = noon.AddMinutes(1) });
        await project.WaitForCountAsync(2);
        Assert.Equal(2, await UsersAsync(project, noon));

        await project.SendAsync(new NimbusEvent("signup") { AnonymousId = "device-1", UserId = "ada", Timestamp = noon.AddMinutes(2) });
        await project.WaitForCountAsync(3);
        Assert.Equal(1, await UsersAsync(project, noon));
        Assert.Single((await project.AllEventsAsync()).Select(e => e.PersonId).Distinct());

        // A second user on the same device links nothing: a shared device does not merge its users.
        await project.SendAsync(new NimbusEvent("signup") { AnonymousId = "device-1", UserId = "bob", Timestamp = noon.AddMinutes(3) });
        await project.WaitForCountAsync(4);
        Assert.Equal(2, await UsersAsync(project, noon));
    }

    [Fact]
    public async Task A_rotated_key_stops_within_a_second()
    {
        var project = await TestProject.CreateAsync(nimbus);
        using (var before = await new SignedRequest(project, OneEvent).SendAsync())
            await IsAsync(before, HttpStatusCode.Accepted);

        var rotated = await project.Api.RotateKeysAsync(project.Id);

        var body = """{"events":[{"name":"late"}],"nonce":1}""";
        await Eventually.TrueAsync(
            async () =>
            {
                using var refused = await new SignedRequest(project, body).SendAsync();
                return refused.StatusCode == HttpStatusCode.Unauthorized;
            },
            () => "the old key still works", TimeSpan.FromSeconds(1));
        using var renewed = await new SignedRequest(project, OneEvent) { KeyId = rotated.Project.ApiKeyId, Secret = rotated.ApiKeySecret }.SendAsync();
        await IsAsync(renewed, HttpStatusCode.Accepted);
    }

    [SkippableFact]
    public async Task What_is_sent_while_the_writer_is_stopped_is_stored_once_it_goes_on()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await using (await nimbus.SuspendAsync("ingest-writer"))
        {
            for (var batch = 0; batch < 5; batch++)
                Assert.Equal(100, (await project.SendAsync(Batch(batch))).Accepted);
        }
        await project.WaitForCountAsync(500);
    }

    [SkippableFact]
    public async Task Keys_known_to_intake_work_on_while_identity_does_not_answer()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(Batch(0));
        await using (await nimbus.SuspendAsync("identity"))
        {
            using var answer = await new SignedRequest(project, OneEvent).SendAsync();
            await IsAsync(answer, HttpStatusCode.Accepted);
        }
        await project.WaitForCountAsync(101);
    }

    [SkippableFact]
    public async Task A_frozen_Redis_is_503_with_a_time_to_come_back_and_not_a_hang()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(Batch(0));
        await using (await nimbus.SuspendAsync("redis"))
        {
            var fastest = TimeSpan.MaxValue;
            // The same bytes, so that it does not matter which of them Redis finds in its buffers later.
            var request = new SignedRequest(project, OneEvent);
            for (var attempt = 0; attempt < 3; attempt++)
            {
                var clock = Stopwatch.StartNew();
                using var answer = await request.SendAsync().WaitAsync(TimeSpan.FromSeconds(10));
                fastest = clock.Elapsed < fastest ? clock.Elapsed : fastest;
                await IsAsync(answer, HttpStatusCode.ServiceUnavailable);
                Assert.NotNull(answer.Headers.RetryAfter);
            }
            // The others may have waited for a busy machine, which is not what is measured.
            Assert.True(fastest < TimeSpan.FromSeconds(2), $"{fastest}");
        }
        await project.SendAsync(Batch(1));
        await StoredAfterMarkerAsync(project, count => count is 200 or 201);
    }

    private static NimbusEvent[] Batch(int batch) =>
        [.. Enumerable.Range(0, 100).Select(i => new NimbusEvent("batch") { UserId = $"user-{i}", IdempotencyKey = $"{batch}-{i}" })];

    private static async Task<double?> UsersAsync(TestProject project, DateTimeOffset day) =>
        (await project.Api.GetDailyUsersAsync(project.Id, DateOnly.FromDateTime(day.UtcDateTime), DateOnly.FromDateTime(day.UtcDateTime))).Days.Single().Users;

    private static Task StoredAfterMarkerAsync(TestProject project, long expected) =>
        StoredAfterMarkerAsync(project, count => count == expected);

    /// <summary>Sends one more event and waits for it: whatever would be stored twice is stored by then.</summary>
    private static async Task StoredAfterMarkerAsync(TestProject project, Func<int, bool> isExpected)
    {
        await project.SendAsync(new NimbusEvent("marker"));
        await Eventually.TrueAsync(
            async () => (await project.Api.GetEventsAsync(new EventQuery(project.Id) { Name = "marker" })).Events.Count == 1,
            () => "the marker is not stored", TimeSpan.FromSeconds(30));
        var count = (await project.AllEventsAsync()).Count(e => e.Name != "marker");
        Assert.True(isExpected(count), $"{count} events are stored");
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    /// <summary>The body as JSON, after checking the status; a problem document where the status is an error.</summary>
    private static async Task<JsonElement> IsAsync(HttpResponseMessage answer, HttpStatusCode expected)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode}: {body}");
        var json = JsonDocument.Parse(body).RootElement;
        if (!answer.IsSuccessStatusCode)
        {
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            Assert.Equal((int)expected, json.GetProperty("status").GetInt32());
            Assert.NotEmpty(json.GetProperty("code").GetString()!);
        }
        return json;
    }
}
