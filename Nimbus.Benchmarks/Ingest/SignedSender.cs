using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Nimbus.Client;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>Signs bodies and sends them: as little work as a client can do, since it shares the machine with what it measures.</summary>
internal sealed class SignedSender(Uri gateway, LoadProject project) : IDisposable
{
    private readonly Uri _events = new(gateway, "/v1/events");
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(project.Secret);
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, ActivityHeadersPropagator = null });

    /// <summary>Returns once the body is acknowledged.</summary>
    /// <exception cref="HttpRequestException">It is not.</exception>
    public async Task SendAsync(byte[] body, CancellationToken ct)
    {
        var timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, _events) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("X-Api-Key-Id", project.KeyId);
        request.Headers.TryAddWithoutValidation("X-Api-Timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("X-Api-Signature", RequestSignature.Compute(_secret, timestamp, "POST", "/v1/events", body));
        using var response = await _http.SendAsync(request, ct);
        var answer = await response.Content.ReadAsStringAsync(ct);
        if (response.StatusCode != HttpStatusCode.Accepted)
            throw new HttpRequestException($"{(int)response.StatusCode}: {answer}", null, response.StatusCode);
    }

    public void Dispose() => _http.Dispose();
}
