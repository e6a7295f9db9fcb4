using System.Globalization;
using Microsoft.Extensions.Options;
using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Capture;

/// <summary>How much one key may send in a minute. Lets requests through while Redis does not answer, which then takes no events either.</summary>
internal sealed class IntakeLimit(TokenBuckets buckets, IOptions<RateLimitOptions> options)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <exception cref="RefusedException">429, with the time to wait.</exception>
    public async Task TakeAsync(string keyId, CancellationToken ct)
    {
        if (!options.Value.Enabled
            || await buckets.TakeAsync("key", keyId, options.Value.PerKeyPerMinute, Window, ct) is not { Taken: false } full)
            return;
        throw new RefusedException(
            StatusCodes.Status429TooManyRequests, "rate_limited",
            string.Create(CultureInfo.InvariantCulture, $"This key may send {full.Capacity} requests a minute. Send more events in each, or wait for as long as Retry-After says."),
            TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(full.Wait.TotalSeconds))))
        {
            Bucket = full,
        };
    }
}
