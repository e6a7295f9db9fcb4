namespace Nimbus.ServiceDefaults;

/// <summary>
/// A service cannot start, for a reason its operator can mend. Uncaught, it ends the process with its message as the one
/// line on stderr and exit code 1; so the message names the setting and the remedy, and no secret.
/// </summary>
public sealed class StartupException(string message) : Exception(message);
