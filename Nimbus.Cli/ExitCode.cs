namespace Nimbus.Cli;

/// <summary>What the process answers to the shell.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Nothing useful was done, or not all of it: the line on stderr says why.</summary>
    public const int Failed = 1;

    /// <summary>All that could be imported is; the rejects file holds the rest.</summary>
    public const int SomeRejected = 2;

    /// <summary>Ctrl-C: 128 + SIGINT.</summary>
    public const int Stopped = 130;

    /// <summary>128 + SIGTERM.</summary>
    public const int Terminated = 143;
}
