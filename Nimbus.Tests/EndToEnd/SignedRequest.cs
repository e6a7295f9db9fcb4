using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nimbus.Tests.EndToEnd;

/// <summary>POST /v1/events as a client without any library makes it, so that each part of it can be wrong.</summary>
internal sealed record SignedRequest(TestProject Project, string Body)
{
    public string KeyId { get; init; } = Project.Project.ApiKeyId;

    public string Secret { get; init; } = Project.Secret;

    public string Path { get; init; } = "/v1/events";

    public DateTimeOffset SignedAt { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>Whom it is sent to: the running system's gateway unless told otherwise.</summary>
    public HttpClient Gateway { get; init; } = Project.Owner.Nimbus.Gateway;

    /// <summary>What is signed where that is not what is sent.</summary>
    public string? SignedBody { get; init; }

    public Task<HttpResponseMessage> SendAsync()
    {
        var timestamp = SignedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signed = Encoding.UTF8.GetBytes($"{timestamp}:POST:{Path}:{SignedBody ?? Body}");
        var request = new HttpRequestMessage(HttpMethod.Post, Path)
        {
            Content = new StringContent(Body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Api-Key-Id", KeyId);
        request.Headers.Add("X-Api-Timestamp", timestamp);
        request.Headers.Add(
            "X-Api-Signature", Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed)));
        return Gateway.SendAsync(request);
    }
}
