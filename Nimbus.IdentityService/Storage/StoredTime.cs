namespace Nimbus.IdentityService.Storage;

/// <summary>Times as this service keeps them: UTC, to the millisecond, so that what is answered equals what is read back.</summary>
public static class StoredTime
{
    public static DateTimeOffset ToStoredPrecision(this DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    public static DateTimeOffset GetStoredNow(this TimeProvider time) => time.GetUtcNow().ToStoredPrecision();
}
