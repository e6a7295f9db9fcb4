namespace Aspire.Hosting;

/// <summary>The application cannot be run as it is composed here; the message says why and what to do.</summary>
public class DistributedApplicationException : Exception
{
    /// <summary>An error without a message.</summary>
    public DistributedApplicationException()
    {
    }

    /// <summary>An error with the line that is shown to the user.</summary>
    public DistributedApplicationException(string message) : base(message)
    {
    }

    /// <summary>An error with the line that is shown to the user, and what it came from.</summary>
    public DistributedApplicationException(string message, Exception inner) : base(message, inner)
    {
    }
}
