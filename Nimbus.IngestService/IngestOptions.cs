using System.ComponentModel.DataAnnotations;

namespace Nimbus.IngestService;

/// <summary>The settings of intake, section <c>Nimbus:Ingest</c>.</summary>
public sealed record IngestOptions
{
    /// <summary>When a 202 is given: once Redis has the batch on disk (<c>Stream</c>), or once PostgreSQL has committed it (<c>Database</c>).</summary>
    public AckAfter AckAfter { get; init; } = AckAfter.Stream;

    /// <summary>How long an answer waits for the commit, where it does; then 503, which is safe to repeat.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")] public TimeSpan AckTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What to do about a Redis that could lose what it was given: acknowledge nothing (<c>Required</c>), or whatever it says it took
    /// (<c>Trusted</c>), and then its operator answers for what a crash loses.
    /// </summary>
    public RedisDurabilityRule RedisDurability { get; init; } = RedisDurabilityRule.Required;

    /// <summary>Whether <c>X-API-Key</c> alone lets a request in. Turn it off where the way to here is not trusted.</summary>
    public bool AllowApiKeyHeader { get; init; } = true;

    /// <summary>Largest body as sent.</summary>
    [Range(1 << 10, 1 << 30)] public int MaxBodyBytes { get; init; } = 8 << 20;

    /// <summary>Largest body as sent by an SDK of another system: those send up to 20 MB at once, not always compressed.</summary>
    [Range(1 << 10, 1 << 30)] public int MaxSdkBodyBytes { get; init; } = 20 << 20;

    /// <summary>Largest body after decompression; what inflates further is refused where it passes this.</summary>
    [Range(1 << 10, 1 << 30)] public int MaxInflatedBytes { get; init; } = 32 << 20;

    /// <summary>Largest single event, as JSON.</summary>
    [Range(1 << 10, 1 << 30)] public int MaxEventBytes { get; init; } = 256 << 10;

    /// <summary>Events in one request. An event's place in its request is 12 bits of its id.</summary>
    [Range(1, 4096)] public int MaxEventsPerRequest { get; init; } = 1000;

    /// <summary>Bytes waiting in the stream; past this, intake answers 503 and the client retries.</summary>
    [Range(1 << 20, 1L << 40)] public long MaxPendingBytes { get; init; } = 1L << 30;

    /// <summary>How long Redis may take to answer before the client is told to come again, which it is within two seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")] public TimeSpan RedisTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How far the clock of a signed request may be off.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan SignatureTolerance { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How long a key is used before identity is asked again. Rotations are heard of at once, not by this.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan KeyLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a key that does not exist is remembered as such.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")] public TimeSpan UnknownKeyLifetime { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>What an answer of 202 waits for.</summary>
public enum AckAfter
{
    /// <summary>Redis has the batch on disk.</summary>
    Stream,

    /// <summary>PostgreSQL has committed it.</summary>
    Database,
}

/// <summary>What to do about a Redis that could lose what it was given.</summary>
public enum RedisDurabilityRule
{
    /// <summary>Acknowledge nothing unless <c>appendonly yes</c>, <c>appendfsync always</c> and <c>noeviction</c> are set.</summary>
    Required,

    /// <summary>Acknowledge whatever Redis says it took. Its operator answers for what a crash loses.</summary>
    Trusted,
}
