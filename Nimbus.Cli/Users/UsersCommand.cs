using System.CommandLine;
using System.Globalization;
using Nimbus.Client;

namespace Nimbus.Cli.Users;

/// <summary><c>nimbus users</c>: what an administrator of the installation does for its people.</summary>
internal static class UsersCommand
{
    public static Command Create()
    {
        var email = new Argument<string>("email") { Description = "Address of the account." };
        var url = ServerAddress.Option();
        var token = AdministratorToken.Option();
        var reset = new Command("reset-password", "Print a link by which its bearer sets a new password, once, within the hour.") { email, url, token };
        reset.SetAction((parsed, ct) => ResetAsync(
            parsed.GetRequiredValue(email), parsed.GetRequiredValue(url), parsed.GetValue(token),
            parsed.InvocationConfiguration.Output, ct));
        return new Command("users", "Look after the accounts of an installation.") { reset };
    }

    private static async Task<int> ResetAsync(string email, Uri url, string? token, TextWriter output, CancellationToken ct)
    {
        using var api = new NimbusApi(url) { AccessToken = AdministratorToken.Require(token) };
        var reset = await api.CreatePasswordResetAsync(email, ct);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"""
            {reset.Link.OriginalString}

            Works once, until {reset.ExpiresAt:u}. Hand it on by a way that only {email} reads. Without a page to open it in:
            curl {url.AbsoluteUri.TrimEnd('/')}/v1/auth/password-reset/confirm -H 'Content-Type: application/json' -d '{"{"}"token":"{reset.Token}","password":"…"{"}"}'
            """));
        return ExitCode.Done;
    }
}
