using System.CommandLine;

namespace Nimbus.Cli;

/// <summary>Who the command acts as: a personal access token with scope admin, from the environment rather than a shell's history.</summary>
internal static class AdministratorToken
{
    private const string Variable = "NIMBUS_TOKEN";

    public static Option<string?> Option() => new("--token")
    {
        Description = $"Personal access token of an administrator, with scope admin ({Variable}).",
        HelpName = "nbp_…",
    };

    // Not as the option's default, which --help prints.
    public static string Require(string? token) => (token ?? Environment.GetEnvironmentVariable(Variable))?.Trim() is { Length: > 0 } found
        ? found
        : throw new CliException($"a token is needed: make one with scope admin (POST /v1/auth/tokens) and set {Variable}.");
}
