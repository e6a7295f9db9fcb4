using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Nimbus.Client;

namespace Nimbus.Tests.Client;

/// <summary>
/// Stands where the gateway does: checks signatures as API.md has them, keeps what it is sent, and fails when told to.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    public const string KeyId = "nbk_test";
    public const string Secret = "nbs_test";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<RequestDelegate> _failures = new();

    private FakeServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public static NimbusCredentials Credentials => NimbusCredentials.Hmac(KeyId, Secret);

    /// <summary>Every request to the intake, failed ones too, in order of arrival.</summary>
    public ConcurrentQueue<SentRequest> Requests { get; } = new();

    /// <summary>The events taken, by idempotency key, and how often each came.</summary>
    public ConcurrentDictionary<string, int> Keys { get; } = new();

    /// <summary>The events taken, in order of arrival.</summary>
    public ConcurrentQueue<JsonElement> Events { get; } = new();

    /// <summary>What each event is refused for, if it is.</summary>
    public Func<JsonElement, string?> Refuse { get; set; } = _ => null;

    /// <summary>Told the number of events taken after each batch.</summary>
    public Action<int> Taken { get; set; } = _ => { };

    public static async Task<FakeServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new FakeServer(app);
        app.MapPost("/v1/events", server.TakeAsync);
        app.MapPost("/v1/auth/register", (HttpContext http) => AnswerAsync(http, 201, """
            {"access_token":"a","refresh_token":"r","token_type":"Bearer","expires_in":3600,
             "user":{"id":"019b8d56-6b12-72f3-8e2a-5c727e1283b1","email":"e","name":null,"created_at":"2026-01-05T00:00:00Z"}}
            """));
        app.MapPost("/v1/projects", (HttpContext http) => AnswerAsync(http, 201, $$"""
            {"project":{"id":"019b8d57-8641-7127-b3fa-ed2a8ef6f309","name":"Demo","description":null,"time_zone":"UTC",
             "api_key_id":"{{KeyId}}","write_key":"nbw_x","created_at":"2026-01-05T00:00:00Z"},"api_key_secret":"{{Secret}}"}
            """));
        await app.StartAsync();
        return server;
    }

    public void FailNext(int status, string? retryAfter = null) => _failures.Enqueue(http =>
    {
        if (retryAfter is not null)
            http.Response.Headers.RetryAfter = retryAfter;
        return AnswerAsync(http, status, """{"code":"told_to","detail":"as told","trace_id":"t1"}""");
    });

    public void FailNextWith(int status, string body) => _failures.Enqueue(http => AnswerAsync(http, status, body));

    public void ResetNext() => _failures.Enqueue(http =>
    {
        http.Abort();
        return Task.CompletedTask;
    });

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var buffer = new MemoryStream();
        await http.Request.Body.CopyToAsync(buffer);
        var request = SentRequest.Of(http.Request, buffer.ToArray());
        Requests.Enqueue(request);
        if (_failures.TryDequeue(out var fail))
        {
            await fail(http);
            return;
        }
        if (!request.IsSigned())
        {
            await AnswerAsync(http, 401, """{"code":"invalid_signature","detail":"The signature does not match."}""");
            return;
        }

        var errors = new List<string>();
        foreach (var (index, @event) in request.Events().Index())
        {
            if (Refuse(@event) is { } code)
            {
                errors.Add($$"""{"index":{{index}},"code":"{{code}}","message":"refused"}""");
                continue;
            }
            Keys.AddOrUpdate(@event.GetProperty("idempotency_key").GetString()!, 1, (_, times) => times + 1);
            Events.Enqueue(@event);
        }
        var accepted = request.Events().Count - errors.Count;
        await AnswerAsync(http, 202, $$"""{"accepted":{{accepted}},"duplicates":0,"rejected":{{errors.Count}},"errors":[{{string.Join(',', errors)}}]}""");
        Taken(Events.Count);
    }

    private static Task AnswerAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body);
    }
}

/// <summary>A request as it came over the wire.</summary>
internal sealed record SentRequest(string Path, string Timestamp, string KeyId, string Signature, bool Gzip, byte[] Body)
{
    public static SentRequest Of(HttpRequest request, byte[] body) => new(
        request.Path,
        request.Headers["X-Api-Timestamp"].ToString(),
        request.Headers["X-Api-Key-Id"].ToString(),
        request.Headers["X-Api-Signature"].ToString(),
        request.Headers.ContentEncoding == "gzip",
        body);

    public bool IsSigned()
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{Timestamp}:POST:{Path}:"), .. Body];
        var hash = System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(FakeServer.Secret), signed);
        return KeyId == FakeServer.KeyId && Signature == Convert.ToHexStringLower(hash);
    }

    public string Text()
    {
        if (!Gzip)
            return Encoding.UTF8.GetString(Body);
        using var text = new StreamReader(new GZipStream(new MemoryStream(Body), CompressionMode.Decompress));
        return text.ReadToEnd();
    }

    public IReadOnlyList<JsonElement> Events() =>
        [.. JsonSerializer.Deserialize<JsonElement>(Text()).GetProperty("events").EnumerateArray()];
}
