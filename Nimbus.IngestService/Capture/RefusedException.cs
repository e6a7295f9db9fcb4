using Nimbus.ServiceDefaults;

namespace Nimbus.IngestService.Capture;

/// <summary>A request that is not taken at all, as the error document says it.</summary>
internal sealed class RefusedException(int status, string code, string detail, TimeSpan? retryAfter = null) : Exception(detail)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>What is empty, where a limit is passed.</summary>
    public BucketAnswer? Bucket { get; init; }

    public TimeSpan? RetryAfter { get; } = retryAfter;

    public static RefusedException Unauthorized(string code, string detail) => new(StatusCodes.Status401Unauthorized, code, detail);

    public static RefusedException TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, "too_large", detail);

    public static RefusedException Unavailable(string code, string detail) =>
        new(StatusCodes.Status503ServiceUnavailable, code, detail, TimeSpan.FromSeconds(2));
}
