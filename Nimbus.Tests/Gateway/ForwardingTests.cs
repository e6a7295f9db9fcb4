using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Nimbus.Tests.Gateway;

public sealed class ForwardingTests(GatewaySystem system) : IClassFixture<GatewaySystem>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private HttpClient Client => system.Client;

    public void Dispose() => system.Forget();

    [Fact]
    public async Task An_answer_reaches_the_client_while_the_service_is_still_writing_it()
    {
        var clientHasFirst = new TaskCompletionSource();
        system.Query.Answer = async context =>
        {
            await context.Response.WriteAsync("first ");
            await context.Response.Body.FlushAsync();
            await clientHasFirst.Task.WaitAsync(Patience);
            await context.Response.WriteAsync("second");
        };

        using var response = await Client.GetAsync("/v1/export/events", HttpCompletionOption.ResponseHeadersRead);
        using var body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[64];
        var read = await body.ReadAsync(buffer).AsTask().WaitAsync(Patience);
        Assert.Equal("first ", Encoding.ASCII.GetString(buffer, 0, read));

        clientHasFirst.SetResult();
        using var rest = new StreamReader(body);
        Assert.Equal("second", await rest.ReadToEndAsync());
    }

    [Fact]
    public async Task A_body_reaches_the_service_while_the_client_is_still_sending_it()
    {
        // Senders on the way hold back a few kilobytes, so the service waits for less than has been sent.
        const int half = 256 * 1024, some = 64 * 1024;
        var serviceHasSome = new TaskCompletionSource();
        system.Ingest.Answer = async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[some]);
            serviceHasSome.SetResult();
            await context.Request.Body.ReadExactlyAsync(new byte[half + half - some]);
            await context.Response.WriteAsync($"{await context.Request.Body.ReadAsync(new byte[1])} more");
        };

        var pipe = new Pipe();
        var sending = Client.PostAsync("/v1/events", new StreamContent(pipe.Reader.AsStream()));
        await pipe.Writer.WriteAsync(new byte[half]);
        await serviceHasSome.Task.WaitAsync(Patience);
        await pipe.Writer.WriteAsync(new byte[half]);
        await pipe.Writer.CompleteAsync();

        using var response = await sending;
        Assert.Equal("0 more", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_arrives_byte_for_byte_with_a_length_or_in_chunks(bool chunked)
    {
        var sent = RandomNumberGenerator.GetBytes(700_000);
        long? length = null;
        system.Ingest.Answer = async context =>
        {
            length = context.Request.ContentLength;
            await context.Response.WriteAsync(Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body)));
        };

        using var request = new HttpRequestMessage(HttpMethod.Post, "/events") { Content = new ByteArrayContent(sent) };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await Client.SendAsync(request);

        Assert.Equal(Convert.ToHexString(SHA256.HashData(sent)), await response.Content.ReadAsStringAsync());
        Assert.Equal(chunked ? null : sent.Length, length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_is_refused(bool chunked)
    {
        system.Ingest.Answer = context => context.Request.Body.CopyToAsync(Stream.Null);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = new ByteArrayContent(new byte[GatewaySystem.MaxBodyBytes + 1]),
        };
        request.Headers.ExpectContinue = true;
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("too_large", await GatewaySystem.CodeOfAsync(response));
    }

    [Fact]
    public async Task A_websocket_is_joined_with_the_service_until_it_closes()
    {
        system.Query.Answer = async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync("nimbus");
            var buffer = new byte[1024];
            while (await socket.ReceiveAsync(buffer, default) is { MessageType: not WebSocketMessageType.Close } message)
                await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, default);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default);
        };

        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("nimbus");
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{system.Address.Port}/ws/projects/1?access_token=t"), default);
        Assert.Equal("nimbus", client.SubProtocol);
        var answer = new byte[1024];
        foreach (var text in new[] { "one", "two" })
        {
            await client.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);
            var message = await client.ReceiveAsync(answer, default);
            Assert.Equal(text, Encoding.UTF8.GetString(answer, 0, message.Count));
        }
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", default);
        Assert.Equal("bye", client.CloseStatusDescription);
    }

    [Fact]
    public async Task A_service_that_refuses_a_websocket_answers_as_it_likes()
    {
        system.Query.Answer = context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return context.Response.WriteAsync("no");
        };

        using var client = new ClientWebSocket();
        client.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() =>
            client.ConnectAsync(new Uri($"ws://127.0.0.1:{system.Address.Port}/ws/projects/1"), default));
        Assert.Equal(HttpStatusCode.Unauthorized, client.HttpStatusCode);
    }

    [Fact]
    public async Task A_client_that_goes_ends_the_request_at_the_service()
    {
        var arrived = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        system.Query.Answer = async context =>
        {
            using var registration = context.RequestAborted.Register(ended.SetResult);
            arrived.SetResult();
            await ended.Task.WaitAsync(Patience);
        };

        using var leaving = new CancellationTokenSource();
        var asking = Client.GetAsync("/v1/metrics", leaving.Token);
        await arrived.Task.WaitAsync(Patience);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await ended.Task.WaitAsync(Patience);
        Assert.True(ended.Task.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_passed_on_as_whole()
    {
        system.Query.Answer = async context =>
        {
            await context.Response.WriteAsync("half of");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };

        await Assert.ThrowsAnyAsync<Exception>(() => Client.GetStringAsync("/v1/export/events"));
    }

    [Theory]
    [InlineData("/v1/stats/a%2Fb")]
    [InlineData("/v1/stats//dau")]
    [InlineData("/v1/stats/%7Eme/%41")]
    [InlineData("/v1/stats/a%20b%c3%a4?q=%2B+%7E&r=a/b?c")]
    [InlineData("/v1/stats/a%252Fb")]
    [InlineData("/v1/stats/x/../y/./z")]
    [InlineData("/v1/stats/!$&'()*+,;=:@-._~")]
    public async Task The_target_goes_on_exactly_as_the_client_sent_it(string target)
    {
        string? received = null;
        system.Query.Answer = context =>
        {
            received = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            return Task.CompletedTask;
        };

        Assert.StartsWith("HTTP/1.1 200", await system.SendRawAsync(target));
        Assert.Equal(target, received);
    }

    [Fact]
    public async Task A_long_query_goes_through()
    {
        var length = 0;
        system.Query.Answer = context =>
        {
            length = context.Request.QueryString.Value!.Length;
            return Task.CompletedTask;
        };

        Assert.StartsWith("HTTP/1.1 200", await system.SendRawAsync("/v1/stats/dau?q=" + new string('x', 100_000)));
        Assert.Equal("?q=".Length + 100_000, length);
    }

    [Theory]
    [InlineData("/internal/keys/resolve")]
    [InlineData("/%69nternal/keys/resolve")]
    [InlineData("/INTERNAL/keys/resolve")]
    [InlineData("//internal/keys/resolve")]
    [InlineData("/v1/../internal/keys/resolve")]
    [InlineData("/v1/auth/../../internal/keys/resolve")]
    [InlineData("/v1/auth/%2e%2e/%2e%2e/internal/keys/resolve")]
    [InlineData("/v1/auth/..%2f..%2finternal/keys/resolve")]
    [InlineData("/v1/auth/%252e%252e/%252e%252e/internal/keys/resolve")]
    [InlineData("/v1/projects/x/../../../internal/keys/resolve")]
    [InlineData("http://identity/internal/keys/resolve")]
    public async Task Internal_paths_reach_no_service_however_they_are_written(string target)
    {
        var reached = new List<string>();
        foreach (var service in new[] { system.Identity, system.Ingest, system.Query })
            service.Answer = context =>
            {
                lock (reached)
                    reached.Add(context.Request.Path.Value!);
                return Task.CompletedTask;
            };

        var answer = await system.SendRawAsync(target);

        Assert.DoesNotContain(reached, path => path.TrimStart('/').StartsWith("internal", StringComparison.OrdinalIgnoreCase));
        Assert.True(reached is not [] || answer.StartsWith("HTTP/1.1 40", StringComparison.Ordinal), answer);
    }

    [Theory]
    [InlineData("POST", "/v1/auth/login", "identity")]
    [InlineData("GET", "/v1/projects", "identity")]
    [InlineData("POST", "/v1/projects/0197/rotate-keys", "identity")]
    [InlineData("GET", "/v1/projects/nbw_abc/settings", "ingest")]
    [InlineData("GET", "/v1/projects/0197/settings", "identity")]
    [InlineData("POST", "/v1/projects/0197/dead-letters/replay", "ingest")]
    [InlineData("POST", "/v1/events", "ingest")]
    [InlineData("POST", "/v1/events/", "ingest")]
    [InlineData("POST", "/events", "ingest")]
    [InlineData("GET", "/v1/events", "query")]
    [InlineData("GET", "/stats/dau", "query")]
    [InlineData("GET", "/v1/metrics", "query")]
    [InlineData("DELETE", "/v1/cohorts/1", "query")]
    public async Task Each_path_goes_to_the_service_that_owns_it(string method, string path, string service)
    {
        system.Identity.Answer = context => context.Response.WriteAsync("identity");
        system.Ingest.Answer = context => context.Response.WriteAsync("ingest");
        system.Query.Answer = context => context.Response.WriteAsync("query");

        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await Client.SendAsync(request);

        Assert.Equal(service, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/v1")]
    [InlineData("/openapi/v1.json")]
    public async Task What_has_no_route_is_not_found(string path)
    {
        using var response = await Client.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("not_found", await GatewaySystem.CodeOfAsync(response));
    }
}
