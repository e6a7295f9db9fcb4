namespace Aspire.Hosting.Servers;

/// <summary>
/// A server that is ready to be started: nothing but its process is missing. Start it from a thread that lives as long
/// as it shall: it may be set to stop when that thread ends.
/// </summary>
/// <param name="Environment">Added to the environment of the process that starts it.</param>
/// <param name="StopSignal">The signal that makes it stop in order, keeping all it has: a number of signal(7).</param>
internal sealed record ServerProcess(
    string FileName,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string WorkingDirectory,
    int StopSignal);
