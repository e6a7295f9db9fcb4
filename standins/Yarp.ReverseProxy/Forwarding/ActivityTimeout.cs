namespace Yarp.ReverseProxy.Forwarding;

/// <summary>Ends a request when the client goes, or when nothing has moved for too long.</summary>
internal sealed class ActivityTimeout : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _client;
    private readonly TimeSpan _limit;

    public ActivityTimeout(TimeSpan limit, CancellationToken client)
    {
        (_limit, _client) = (limit, client);
        _source = CancellationTokenSource.CreateLinkedTokenSource(client);
        Reset();
    }

    public CancellationToken Token => _source.Token;

    public bool ClientGone => _client.IsCancellationRequested;

    /// <summary>Something moved: the time starts again.</summary>
    public void Reset() => _source.CancelAfter(_limit);

    /// <summary>Stops whatever is still under way for this request.</summary>
    public Task StopAsync() => _source.CancelAsync();

    public void Dispose() => _source.Dispose();
}
