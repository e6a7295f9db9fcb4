using System.ComponentModel.DataAnnotations;

namespace Nimbus.ServiceDefaults;

/// <summary>Section <c>Nimbus:RateLimit</c>, the same in every service.</summary>
public sealed record RateLimitOptions
{
    /// <summary>Whether anything is limited; false: failed sign-ins neither.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Requests a minute from one address without a valid token; of IPv6, from one /64.</summary>
    [Range(1, 1_000_000)] public int AnonymousPerMinute { get; init; } = 120;

    /// <summary>Requests a minute of one user, whatever the number of their sessions and tokens.</summary>
    [Range(1, 1_000_000)] public int SignedInPerMinute { get; init; } = 1000;

    /// <summary>Requests a minute with events under one key, however many events they hold.</summary>
    [Range(1, 100_000_000)] public int PerKeyPerMinute { get; init; } = 10_000;
}
