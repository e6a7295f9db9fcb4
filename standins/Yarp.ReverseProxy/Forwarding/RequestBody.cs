using System.Net;

namespace Yarp.ReverseProxy.Forwarding;

/// <summary>The client's body, read as the destination takes it. It can be sent once.</summary>
internal sealed class RequestBody(Stream body, ActivityTimeout timeout) : HttpContent
{
    private readonly TaskCompletionSource<(CopyEnd End, Exception? Failure)> _sent =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _started;

    public bool Started => Volatile.Read(ref _started) == 1;

    /// <summary>How sending ended; never completes where it did not start.</summary>
    public Task<(CopyEnd End, Exception? Failure)> Sent => _sent.Task;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _started, 1) == 1)
            throw new InvalidOperationException("The client's body has been read and cannot be sent again.");
        var (end, failure) = await StreamCopy.RunAsync(body, stream, timeout);
        _sent.SetResult((end, failure));
        if (failure is not null)
            throw new HttpRequestException("The request's body could not be sent whole.", failure);
    }

    protected override bool TryComputeLength(out long length)
    {
        // The length, where the client gave one, comes with the copied headers.
        length = 0;
        return false;
    }
}
