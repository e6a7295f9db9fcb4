using System.CommandLine;

namespace Nimbus.Benchmarks.Identity;

/// <summary><c>identity</c>: what signing in costs, and how fast intake knows a key, and forgets it.</summary>
internal static class IdentityCommand
{
    public static Command Create()
    {
        var command = new Command("identity", "Sign-ins per second, what a hash costs, key look-ups from intake's memory, and how soon a rotated key is refused.");
        command.SetAction((_, ct) => IdentityBenchmark.RunAsync(ct));
        return command;
    }
}
