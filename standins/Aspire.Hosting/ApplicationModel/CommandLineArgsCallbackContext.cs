namespace Aspire.Hosting.ApplicationModel;

/// <summary>A process's arguments while they are put together.</summary>
public sealed class CommandLineArgsCallbackContext
{
    internal CommandLineArgsCallbackContext(
        IList<object> args, IResource resource, DistributedApplicationExecutionContext executionContext, CancellationToken ct)
    {
        Args = args;
        Resource = resource;
        ExecutionContext = executionContext;
        CancellationToken = ct;
    }

    /// <summary>The arguments so far: text, or resources with a value.</summary>
    public IList<object> Args { get; }

    /// <summary>Whose arguments they are.</summary>
    public IResource Resource { get; }

    /// <summary>Running or publishing.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>Cancelled when the start is.</summary>
    public CancellationToken CancellationToken { get; }
}
