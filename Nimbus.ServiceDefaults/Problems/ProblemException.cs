namespace Nimbus.ServiceDefaults;

/// <summary>
/// Ends a request with the error document that <see cref="Problem.Of"/> would give, from where no result can be returned.
/// </summary>
/// <param name="status">The HTTP status, 400 to 599.</param>
/// <param name="code">The stable code, snake_case.</param>
/// <param name="detail">A sentence for the caller, without internals.</param>
/// <param name="retryAfter">When to come again, for the header of that name; whole seconds.</param>
public sealed class ProblemException(int status, string code, string detail, TimeSpan? retryAfter = null) : Exception(detail)
{
    /// <summary>When to come again; null to leave it to the caller.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The HTTP status, 400 to 599.</summary>
    public int Status { get; } = status;

    /// <summary>The stable code, snake_case.</summary>
    public string Code { get; } = code;
}
