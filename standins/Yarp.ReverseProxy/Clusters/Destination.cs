namespace Yarp.ReverseProxy.Clusters;

/// <summary>One address of a cluster.</summary>
/// <param name="Prefix">Everything before the request's own path, with or without a slash at its end.</param>
internal sealed record Destination(string Prefix)
{
    private int _underWay;

    public int UnderWay => Volatile.Read(ref _underWay);

    public void Enter() => Interlocked.Increment(ref _underWay);

    public void Leave() => Interlocked.Decrement(ref _underWay);
}
