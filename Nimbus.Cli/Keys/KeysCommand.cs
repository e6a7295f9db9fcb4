using System.CommandLine;
using System.Globalization;
using Nimbus.Client;

namespace Nimbus.Cli.Keys;

/// <summary><c>nimbus keys</c>: what an administrator of the installation does about keys.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var url = ServerAddress.Option();
        var token = AdministratorToken.Option();
        var reseal = new Command("re-encrypt", "Seal the stored secrets under the current master key, until none is left under another.") { url, token };
        reseal.SetAction((parsed, ct) => ResealAsync(
            parsed.GetRequiredValue(url), parsed.GetValue(token), parsed.InvocationConfiguration.Output, ct));
        return new Command("keys", "Look after the keys of an installation.") { reseal };
    }

    private static async Task<int> ResealAsync(Uri url, string? token, TextWriter output, CancellationToken ct)
    {
        using var api = new NimbusApi(url) { AccessToken = AdministratorToken.Require(token) };
        long total = 0;
        ResealAnswer answer;
        do
        {
            answer = await api.ReencryptKeysAsync(ct);
            total += answer.Resealed;
        }
        while (answer is { Remaining: > 0, Resealed: > 0 });
        if (answer.Remaining > 0)
            throw new CliException($"{answer.Remaining} secrets are in use right now; run the command again.");
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{total:N0} secrets sealed anew; all are under master key {answer.MasterKeyId}."));
        return ExitCode.Done;
    }
}
