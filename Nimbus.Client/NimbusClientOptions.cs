namespace Nimbus.Client;

/// <summary>How a <see cref="NimbusClient"/> sends.</summary>
public sealed record NimbusClientOptions
{
    /// <summary>When and how often a failed request is sent again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Bodies of at least this many bytes are sent compressed with gzip.</summary>
    public int CompressFromBytes { get; init; } = 2048;

    /// <summary>
    /// A signature older than this is made anew before a retry; until then a retry repeats the very same bytes, which
    /// the server knows as one request. The server refuses timestamps more than 300 s from its own clock.
    /// </summary>
    public TimeSpan SignatureFreshFor { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Called before each wait for a retry, on the sending task.</summary>
    public Action<RetryNotice>? Retrying { get; init; }

    /// <summary>The clock for signatures and waits.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
