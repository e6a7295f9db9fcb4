using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Clusters;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace Yarp.ReverseProxy.Forwarding;

/// <summary>
/// Sends a request to a destination and its answer back, both as they come. What fails before the answer has begun
/// is a bare 400, 408, 413, 502, 503 or 504; what fails later aborts the client's connection.
/// </summary>
internal sealed partial class Forwarder(ILogger<Forwarder> logger)
{
    public async Task ForwardAsync(
        HttpContext context, Cluster? cluster, IReadOnlyList<Func<RequestTransformContext, ValueTask>> transforms)
    {
        if (cluster?.Pick(context) is not { } destination)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        destination.Enter();
        try
        {
            await ForwardAsync(context, cluster, destination, transforms);
        }
        finally
        {
            destination.Leave();
        }
    }

    private async Task ForwardAsync(
        HttpContext context, Cluster cluster, DestinationState destination,
        IReadOnlyList<Func<RequestTransformContext, ValueTask>> transforms)
    {
        using var timeout = new ActivityTimeout(cluster.Settings.ActivityTimeout, context.RequestAborted);
        using var request = new HttpRequestMessage();
        HttpResponseMessage response;
        try
        {
            await PrepareAsync(context, request, destination, transforms, timeout);
            response = await cluster.Client.SendAsync(request, timeout.Token);
        }
        catch (Exception failure)
        {
            if (!timeout.ClientGone)
                LogFailed(failure, destination.Prefix);
            await RefuseAsync(context, request.Content as RequestBody, failure, timeout);
            return;
        }
        using (response)
        {
            timeout.Reset();
            context.Response.StatusCode = (int)response.StatusCode;
            Headers.CopyTo(context.Response.Headers, response);
            if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
                await Upgrade.JoinAsync(context, response, timeout);
            else
                await AnswerAsync(context, request.Content as RequestBody, response, timeout);
        }
    }

    private static async Task PrepareAsync(
        HttpContext context, HttpRequestMessage request, DestinationState destination,
        IReadOnlyList<Func<RequestTransformContext, ValueTask>> transforms, ActivityTimeout timeout)
    {
        var upgrade = Upgrade.IsAskedBy(context);
        request.Method = upgrade ? HttpMethod.Get : HttpMethod.Parse(context.Request.Method);
        request.Version = upgrade ? HttpVersion.Version11 : HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
            request.Content = new RequestBody(context.Request.Body, timeout);

        Headers.CopyTo(request, context.Request.Headers);
        var transformed = new RequestTransformContext
        {
            HttpContext = context,
            ProxyRequest = request,
            DestinationPrefix = destination.Prefix,
        };
        foreach (var transform in transforms)
            await transform(transformed);
        XForwarded.Set(context, request);
        if (upgrade)
            Upgrade.Ask(request);
        request.RequestUri ??= DestinationAddress.Of(transformed.DestinationPrefix, context.Request);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private async Task AnswerAsync(
        HttpContext context, RequestBody? body, HttpResponseMessage response, ActivityTimeout timeout)
    {
        var (end, failure) = await CopyAsync(context, response, timeout);
        if (end == CopyEnd.Whole)
        {
            if (context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
                Headers.CopyTo(trailers, response.TrailingHeaders);
            // An answer may come before the request has been sent whole; the client still sends it.
            if (body is { Started: true })
                await body.Sent;
            return;
        }
        if (!timeout.ClientGone)
            LogFailed(failure, response.RequestMessage?.RequestUri?.Authority);
        if (body is { Started: true })
        {
            await timeout.StopAsync();
            await body.Sent;
        }
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        context.Response.Clear();
        context.Response.StatusCode = StatusCodes.Status502BadGateway;
    }

    private static async Task<(CopyEnd, Exception?)> CopyAsync(
        HttpContext context, HttpResponseMessage response, ActivityTimeout timeout)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(timeout.Token);
        return await StreamCopy.RunAsync(stream, context.Response.Body, timeout);
    }

    private static async Task RefuseAsync(HttpContext context, RequestBody? body, Exception failure, ActivityTimeout timeout)
    {
        var timedOut = timeout.Token.IsCancellationRequested && !timeout.ClientGone;
        var sent = body is { Sent.IsCompleted: true } ? await body.Sent : default;
        context.Response.Clear();
        context.Response.StatusCode = sent switch
        {
            _ when timeout.ClientGone => StatusCodes.Status400BadRequest,
            (CopyEnd.InputFailed, _) when timedOut => StatusCodes.Status408RequestTimeout,
            (CopyEnd.InputFailed, BadHttpRequestException bad) => bad.StatusCode,
            (CopyEnd.InputFailed, _) => StatusCodes.Status400BadRequest,
            (CopyEnd.OutputFailed, _) when timedOut => StatusCodes.Status504GatewayTimeout,
            (CopyEnd.OutputFailed, _) => StatusCodes.Status502BadGateway,
            _ when failure is OperationCanceledException => StatusCodes.Status504GatewayTimeout,
            _ => StatusCodes.Status502BadGateway,
        };
        if (body is { Started: true, Sent.IsCompleted: false })
        {
            await timeout.StopAsync();
            await body.Sent;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Forwarding to {Destination} failed")]
    private partial void LogFailed(Exception? failure, string? destination);
}
