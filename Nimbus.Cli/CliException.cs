namespace Nimbus.Cli;

/// <summary>A failure the user can do something about; its message is one line that names the remedy.</summary>
internal sealed class CliException(string message) : Exception(message);
