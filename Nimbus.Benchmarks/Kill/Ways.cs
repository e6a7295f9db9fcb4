using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Nimbus.Client;

namespace Nimbus.Benchmarks.Kill;

/// <summary>One way in which clients send, and what they do when there is no answer.</summary>
internal abstract class Way(string name)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public string Name => name;

    /// <summary>Sends events with these ids in their property <c>id</c>, and returns whether they were acknowledged.</summary>
    /// <param name="repeating">Called before each repeat.</param>
    public abstract Task<bool> SendAsync(string[] ids, Action repeating, CancellationToken ct);

    /// <summary>Sends a request once; false, after a pause, where it failed in any way.</summary>
    protected static async Task<bool> TryAsync(HttpClient gateway, Func<HttpRequestMessage> make, HttpStatusCode success, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Patience);
        try
        {
            using var request = make();
            using var answer = await gateway.SendAsync(request, bound.Token);
            await answer.Content.ReadAsByteArrayAsync(bound.Token);
            if (answer.StatusCode == success)
                return true;
            if ((int)answer.StatusCode < 500)
                throw new InvalidOperationException($"A request of the run was refused with {(int)answer.StatusCode}.");
        }
        catch (Exception unanswered) when (unanswered is HttpRequestException or IOException || unanswered is OperationCanceledException && !ct.IsCancellationRequested)
        {
            // Whether it arrived is not known.
        }
        await Task.Delay(200, ct);
        return false;
    }

    /// <summary>Until it succeeds.</summary>
    protected static async Task<bool> RepeatAsync(Func<Task<bool>> send, Action repeating, CancellationToken ct)
    {
        while (!await send())
            repeating();
        return true;
    }

    protected static string Events(string[] ids, Func<string, string> one) => string.Join(',', ids.Select(one));

    protected static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}

/// <summary>The .NET client, whose events have keys.</summary>
internal sealed class ByClient(HttpClient gateway, ProjectWithSecret project) : Way("client, with keys")
{
    public override async Task<bool> SendAsync(string[] ids, Action repeating, CancellationToken ct)
    {
        using var client = new NimbusClient(gateway, project.Credentials(), new NimbusClientOptions { Retrying = _ => repeating() });
        var answer = await client.SendAsync([.. ids.Select(id => new NimbusEvent("load")
        {
            UserId = $"user-{id.Length % 7}",
            IdempotencyKey = id,
            Properties = new Dictionary<string, object?> { ["id"] = id },
        })], ct);
        return answer.Rejected == 0;
    }
}

/// <summary>Signed, without keys; repeated byte by byte, which the signature makes one request.</summary>
internal sealed class BySignature(HttpClient gateway, ProjectWithSecret project) : Way("signed, without keys")
{
    public override Task<bool> SendAsync(string[] ids, Action repeating, CancellationToken ct)
    {
        var body = $$"""{"events":[{{Events(ids, id => $$"""{"name":"load","props":{"id":"{{id}}"} }""")}}]}""";
        var timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(project.ApiKeySecret), Encoding.UTF8.GetBytes($"{timestamp}:POST:/v1/events:{body}")));
        return RepeatAsync(() => TryAsync(gateway, Make, HttpStatusCode.Accepted, ct), repeating, ct);

        HttpRequestMessage Make() => new(HttpMethod.Post, "/v1/events")
        {
            Content = Json(body),
            Headers = { { "X-Api-Key-Id", project.Project.ApiKeyId }, { "X-Api-Timestamp", timestamp }, { "X-Api-Signature", signature } },
        };
    }
}

/// <summary>By write key, without keys of events: never repeated, since nothing would tell a repeat from another event.</summary>
internal sealed class Once(HttpClient gateway, ProjectWithSecret project) : Way("sent once, without keys")
{
    public override Task<bool> SendAsync(string[] ids, Action repeating, CancellationToken ct) => TryAsync(gateway, () => new(HttpMethod.Post, "/v1/events")
    {
        Content = Json($$"""{"events":[{{Events(ids, id => $$"""{"name":"load","anonymous_id":"device","props":{"id":"{{id}}"} }""")}}]}"""),
        Headers = { { "X-Write-Key", project.Project.WriteKey } },
    }, HttpStatusCode.Accepted, ct);
}

/// <summary>As SDKs of Segment do, each event with its message id.</summary>
internal sealed class BySdk(HttpClient gateway, ProjectWithSecret project) : Way("Segment's protocol")
{
    public override Task<bool> SendAsync(string[] ids, Action repeating, CancellationToken ct) => RepeatAsync(
        () => TryAsync(gateway, () => new(HttpMethod.Post, "/v1/batch")
        {
            Content = Json($$"""{"writeKey":"{{project.Project.WriteKey}}","batch":[{{Events(ids, id =>
                $$"""{"type":"track","event":"load","anonymousId":"device","messageId":"{{id}}","properties":{"id":"{{id}}"} }""")}}]}"""),
        }, HttpStatusCode.OK, ct),
        repeating, ct);
}
