using System.CommandLine;
using System.CommandLine.Parsing;

namespace Nimbus.Cli;

/// <summary>Where the gateway is: as told, else as the environment says, else where it is started locally.</summary>
internal static class ServerAddress
{
    // What AppHost gives a process that refers to the gateway.
    private static readonly string[] EnvironmentNames =
    [
        "NIMBUS_URL", "services__gateway__http__0", "services__gateway__https__0", "GATEWAY_HTTP", "GATEWAY_HTTPS",
    ];

    public static Option<Uri> Option() => new("--url")
    {
        Description = "Address of the gateway (NIMBUS_URL).",
        DefaultValueFactory = _ => Find(Environment.GetEnvironmentVariable),
        CustomParser = Parse,
        HelpName = "address",
    };

    public static Uri Find(Func<string, string?> environment)
    {
        foreach (var name in EnvironmentNames)
        {
            if (environment(name) is not { Length: > 0 } value)
                continue;
            return TryRead(value) ?? throw new CliException($"{name} is no http address: '{value}'.");
        }
        return new Uri("http://localhost:8000");
    }

    private static Uri? Parse(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (TryRead(text) is { } address)
            return address;
        argument.AddError($"'{text}' is no http address; write http://localhost:8000.");
        return null;
    }

    private static Uri? TryRead(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;
}
