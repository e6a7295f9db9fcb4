using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nimbus.Tests.Gateway;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Identity;

namespace Nimbus.Tests.Web;

/// <summary>
/// The ways in that need more than a password: another's sign-in page, a mail. A gateway and an identity service of their own
/// stand beside the running system's, over the same stores.
/// </summary>
[Collection(NimbusSystem.Collection)]
public sealed partial class SignInPagesTests(NimbusSystem nimbus, IdentitySystem system, Browser browser) : IClassFixture<IdentitySystem>, IClassFixture<Browser>
{
    private const string NewPassword = "another horse battery";

    [SkippableFact]
    public async Task Who_has_an_account_of_the_organisation_is_signed_in_by_its_page()
    {
        browser.Require();
        await using var issuer = await TestIssuer.StartAsync();
        var address = FreeAddress();
        await using var identity = await IdentityHost.StartAsync(system, new()
        {
            ["Nimbus:PublicUrl"] = address.ToString(),
            ["Nimbus:Oidc:Issuer"] = issuer.Name,
            ["Nimbus:Oidc:ClientId"] = TestIssuer.ClientId,
        });
        await using var gateway = StartGateway(address, identity, issuer);
        await using var page = await browser.OpenAsync(address);
        page.Expect(new Uri(issuer.Name));

        await page.GoAsync("/");
        var external = page.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your organisation" });
        await external.WaitForAsync();
        await page.CheckEveryLookAsync("sign-in-organisation");
        await external.ClickAsync();
        await page.Heading("Name your project").WaitForAsync();
        Assert.DoesNotContain("signed-in", page.Page.Url, StringComparison.Ordinal);
        Assert.DoesNotContain('#', page.Page.Url);

        // The session is like any other: it outlives the page, and its cookie is out of reach.
        await page.Page.ReloadAsync();
        await page.Heading("Name your project").WaitForAsync();
        await page.GoAsync("/app/account");
        await page.SeeAsync(issuer.Email);

        // Who is not let in there learns it here, in words, and can go on.
        await using var refused = await browser.OpenAsync(address);
        refused.Expect(new Uri(issuer.Name));
        issuer.Error = "access_denied";
        await refused.GoAsync("/app/sign-in");
        await refused.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your organisation" }).ClickAsync();
        await refused.SeeAsync("Your organisation did not sign you in");
        await refused.Field("Email").WaitForAsync();
        await refused.CheckEveryLookAsync("sign-in-refused");
        Assert.DoesNotContain("Nobody knows you", await refused.Page.ContentAsync(), StringComparison.Ordinal);
        await refused.GoAsync("/app/sign-in?problem=%3Cb%3ECall+555+0100%3C/b%3E");
        await refused.SeeAsync("Something went wrong on our side");
        Assert.DoesNotContain("555", await refused.Page.InnerTextAsync("body"), StringComparison.Ordinal);

        // A link that was used, or never given out, says so and opens nothing.
        await using var stranger = await browser.OpenAsync(address);
        stranger.Expect(HttpStatusCode.Unauthorized);
        await stranger.GoAsync($"/#/signed-in/{new string('x', 43)}");
        await stranger.SeeAsync("This code is unknown, used or too old.");
        await stranger.CheckEveryLookAsync("signed-in-refused");
    }

    [SkippableFact]
    public async Task A_forgotten_password_is_set_anew_by_the_link_in_a_mail()
    {
        browser.Require();
        await using var mail = new MailServer();
        var address = FreeAddress();
        await using var identity = await IdentityHost.StartAsync(system, new()
        {
            ["Nimbus:PublicUrl"] = address.ToString(),
            ["Nimbus:Mail:Host"] = "127.0.0.1",
            ["Nimbus:Mail:Port"] = $"{mail.Port}",
            ["Nimbus:Mail:Tls"] = "false",
        });
        await using var gateway = StartGateway(address, identity);
        var user = await system.NewUserAsync();
        await using var page = await browser.OpenAsync(address);

        await page.GoAsync("/");
        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Forgotten the password?" }).ClickAsync();
        await page.Heading("Set a new password").WaitForAsync();
        await page.CheckEveryLookAsync("password-reset");
        await page.Field("Email").FillAsync(user.Email);
        await page.Button("Send the link").ClickAsync();
        await page.SeeAsync("a link is on its way to it");

        var link = Link().Match(await mail.NextAsync()).Value;
        await page.GoAsync(link);
        await page.Page.GetByLabel("New password").First.FillAsync(NewPassword);
        Assert.DoesNotContain("nbx_", page.Page.Url, StringComparison.Ordinal);
        await page.CheckEveryLookAsync("password-reset-confirm");
        await page.Button("Set the password").ClickAsync();
        await page.SeeAsync("The new password is set.");

        await page.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await page.Field("Email").FillAsync(user.Email);
        await page.Page.GetByLabel("Password").First.FillAsync(NewPassword);
        await page.Button("Sign in").ClickAsync();
        await page.Heading("Name your project").WaitForAsync();
    }

    private GatewayHost StartGateway(Uri address, IdentityHost identity, TestIssuer? issuer = null)
    {
        var settings = new Dictionary<string, string>
        {
            ["Nimbus:Jwt:Secret"] = NimbusSystem.JwtSecret,
            ["services:identity:http:0"] = identity.Address.ToString(),
        };
        foreach (var service in (string[])["ingest", "query"])
            settings[$"services:{service}:http:0"] = nimbus.Service(service).BaseAddress!.ToString();
        if (issuer is not null)
            (settings["Nimbus:Oidc:Issuer"], settings["Nimbus:Oidc:ClientId"]) = (issuer.Name, TestIssuer.ClientId);
        return GatewayHost.Start(settings, address.Port);
    }

    // Links name the gateway, and the gateway names identity: one address is known before there is anything behind it.
    private static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    [GeneratedRegex("http://127[^ \\n]*#/password-reset/nbx_[0-9A-Za-z]{43}")]
    private static partial Regex Link();
}
