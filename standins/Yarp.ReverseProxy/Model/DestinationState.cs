namespace Yarp.ReverseProxy.Model;

/// <summary>One address of a cluster.</summary>
public sealed class DestinationState
{
    private int _underWay;
    private int _failures;

    internal DestinationState(string destinationId, string prefix) => (DestinationId, Prefix) = (destinationId, prefix);

    /// <summary>The name that the configuration gives it; with its address in brackets behind it, where that was resolved.</summary>
    public string DestinationId { get; }

    /// <summary>How many requests it has at the moment.</summary>
    public int ConcurrentRequestCount => Volatile.Read(ref _underWay);

    /// <summary>Everything before the request's own path, with or without a slash at its end.</summary>
    internal string Prefix { get; }

    /// <summary>Looks that found it not healthy, one after the other.</summary>
    internal int Failures
    {
        get => Volatile.Read(ref _failures);
        set => Volatile.Write(ref _failures, value);
    }

    internal void Enter() => Interlocked.Increment(ref _underWay);

    internal void Leave() => Interlocked.Decrement(ref _underWay);
}
