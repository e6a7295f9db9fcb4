namespace Nimbus.ServiceDefaults;

/// <summary>
/// Ends a request with the error document that <see cref="Problem.Of"/> would give, from where no result can be returned.
/// </summary>
/// <param name="status">The HTTP status, 400 to 599.</param>
/// <param name="code">The stable code, snake_case.</param>
/// <param name="detail">A sentence for the caller, without internals.</param>
public sealed class ProblemException(int status, string code, string detail) : Exception(detail)
{
    /// <summary>The HTTP status, 400 to 599.</summary>
    public int Status { get; } = status;

    /// <summary>The stable code, snake_case.</summary>
    public string Code { get; } = code;
}
