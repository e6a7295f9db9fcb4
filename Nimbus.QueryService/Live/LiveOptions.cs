using System.ComponentModel.DataAnnotations;

namespace Nimbus.QueryService.Live;

/// <summary>What viewers of a project get; configuration section <c>Nimbus:Live</c>.</summary>
public sealed record LiveOptions
{
    /// <summary>Time between two <c>metrics</c> messages.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan MetricsEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Time between two <c>ping</c> messages.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan PingEvery { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Time between two looks at whether a viewer's session runs and they are a member still.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan CheckEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A connection ends after this long, however it is used: come again with a token that is good then.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Events shown of a project in a second; the rest is counted only.</summary>
    [Range(1, 1000)]
    public int MaxEventsPerSecond { get; init; } = 20;

    /// <summary>Who did something within this time is active.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan ActiveWithin { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Messages that may wait for one viewer; past this the viewer is dropped.</summary>
    [Range(10, 100_000)]
    public int MaxWaiting { get; init; } = 200;

    /// <summary>Viewers of one process; past this it is 503 <c>too_many_viewers</c>.</summary>
    [Range(1, 1_000_000)]
    public int MaxViewers { get; init; } = 20_000;
}
