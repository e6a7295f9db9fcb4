using System.Net;

namespace Nimbus.Client;

/// <summary>When a failed request is sent again: after 408, 429, any 5xx, a broken connection or no answer in time.</summary>
public sealed record RetryPolicy
{
    /// <summary>The wait before the first retry; each further one doubles it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>No wait is longer, unless the server asks for it with <c>Retry-After</c>.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>No retry begins later than this after the first attempt; infinite: tries for ever.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long one attempt may take before it counts as failed.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether the same request may succeed later.</summary>
    public static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    /// <summary>
    /// Doubled at each retry and spread over its upper half, so that clients which failed together do not return
    /// together; never before the server's <c>Retry-After</c>.
    /// </summary>
    /// <param name="retry">From 0.</param>
    /// <param name="retryAfter">What the server asked for, if it did.</param>
    /// <param name="spread">In [0, 1).</param>
    public TimeSpan DelayBefore(int retry, TimeSpan? retryAfter, double spread)
    {
        var doubled = Math.Min(FirstDelay.TotalMilliseconds * Math.Pow(2, retry), LongestDelay.TotalMilliseconds);
        var delay = TimeSpan.FromMilliseconds(doubled * (0.5 + spread / 2));
        var asked = retryAfter + FirstDelay * spread;
        return asked > delay ? asked.Value : delay;
    }
}

/// <summary>Told before each wait for a retry.</summary>
/// <param name="Retry">From 1.</param>
/// <param name="Delay">How long the wait will be.</param>
/// <param name="Failure">What went wrong.</param>
public sealed record RetryNotice(int Retry, TimeSpan Delay, NimbusException Failure);
