using System.Diagnostics;
using System.Text;
using Nimbus.Client;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Sdk;

/// <summary>The SDKs as their vendors publish them, pointed at the gateway by their host option and nothing else.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class RealSdkTests(NimbusSystem nimbus, NpmPackages npm) : IClassFixture<NpmPackages>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    [SkippableTheory]
    [InlineData("segment", "$alias,$group,$identify,$page,$screen,Landed,Renamed,Signed Up")]
    [InlineData("mixpanel", "$create_alias,Batched,Imported,Imported Batch,Landed,Once,Renamed,Signed Up")]
    [InlineData("posthog", "$create_alias,$identify,$identify,$page,Landed,Renamed,Signed Up")]
    public async Task What_a_server_SDK_sends_is_found_with_the_right_person(string sdk, string adasEvents)
    {
        npm.Require();
        var project = await TestProject.CreateAsync(nimbus);

        await RunAsync("servers.mjs", sdk, nimbus.Gateway.BaseAddress!.GetLeftPart(UriPartial.Authority), project.Project.WriteKey);

        var stored = await WaitForAsync(project, $"{adasEvents},Landed".Split(','), except: "$groupidentify");
        var bob = Assert.Single(stored, e => e.UserId == "bob");
        var adas = stored.Where(e => e.UserId != "bob" && e.Name != "$groupidentify").ToList();
        Assert.NotNull(bob.PersonId);
        Assert.DoesNotContain(adas, e => e.PersonId == bob.PersonId);
        Assert.Equal(adasEvents.Split(','), adas.Select(e => e.Name).Order(StringComparer.Ordinal));
        Assert.Single(adas.Select(e => e.PersonId).Distinct());
        Assert.Equal("naïve 🚀", Assert.Single(adas, e => e.Name == "Landed").Props!.Value.GetProperty("text").GetString());
        Assert.Equal(sdk switch
        {
            "mixpanel" => """{"logins":5,"pages":["home"],"plan":"pro","tags":["a","b"]}""",
            _ => """{"email":"ada@example.test","plan":"pro"}""",
        }, await StoredTraits.OfPersonAsync(nimbus, project.Id, "ada@example.test"));
        Assert.Equal("""{"employees":42}""", await StoredTraits.OfGroupAsync(nimbus, project.Id, "acme"));
        Assert.Equal(sdk == "mixpanel" ? [] : ["ada"], await StoredTraits.MembersAsync(nimbus, project.Id, "acme"));
    }

    [SkippableTheory]
    [InlineData("segment", "$group,$identify,$page,Landed,Signed Up")]
    [InlineData("mixpanel", "$identify,$page,Landed,Signed Up")]
    [InlineData("posthog", "$groupidentify,$identify,$page,Landed,Signed Up")]
    public async Task What_a_browser_SDK_sends_is_found_with_the_right_person_and_goes_nowhere_else(string sdk, string events)
    {
        npm.RequireBrowser();
        var project = await TestProject.CreateAsync(nimbus);
        using var browser = NpmPackages.Start(
            "browsers.mjs", sdk, nimbus.Gateway.BaseAddress!.GetLeftPart(UriPartial.Authority), project.Project.WriteKey, npm.Chromium);
        var said = new StringBuilder();
        browser.OutputDataReceived += (_, line) => { lock (said) said.AppendLine(line.Data); };
        browser.ErrorDataReceived += (_, line) => { lock (said) said.AppendLine(line.Data); };
        browser.BeginOutputReadLine();
        browser.BeginErrorReadLine();
        try
        {
            var stored = await WaitForAsync(project, events.Split(','), said: said);

            Assert.Single(stored.Select(e => e.PersonId).Distinct());
            Assert.NotNull(stored[0].PersonId);
            var landed = Assert.Single(stored, e => e.Name == "Landed");
            Assert.Null(landed.UserId);
            Assert.NotNull(landed.AnonymousId);
            Assert.Equal("naïve 🚀", landed.Props!.Value.GetProperty("text").GetString());
            Assert.Equal("ada", Assert.Single(stored, e => e.Name == "Signed Up").UserId);
            await AssertTraitsAsync(project, sdk);
        }
        finally
        {
            browser.StandardInput.Close();
            await EndAsync(browser);
        }
        lock (said)
            Assert.DoesNotContain("elsewhere:", said.ToString());
    }

    private async Task AssertTraitsAsync(TestProject project, string sdk)
    {
        var wanted = sdk == "mixpanel" ? "\"logins\":3" : "\"email\":\"ada@example.test\"";
        var traits = "";
        await Eventually.TrueAsync(
            async () => (traits = await StoredTraits.OfPersonAsync(nimbus, project.Id, "ada")).Contains(wanted, StringComparison.Ordinal)
                && traits.Contains("\"plan\":\"pro\"", StringComparison.Ordinal),
            () => $"the traits are {traits}", Patience);
        var group = "";
        await Eventually.TrueAsync(
            async () => (group = await StoredTraits.OfGroupAsync(nimbus, project.Id, "acme")).Contains("\"employees\":42", StringComparison.Ordinal),
            () => $"the group's traits are {group}", Patience);
    }

    private static async Task<List<StoredEvent>> WaitForAsync(
        TestProject project, string[] names, string? except = null, StringBuilder? said = null)
    {
        var stored = new List<StoredEvent>();
        await Eventually.TrueAsync(
            async () => (stored = await project.AllEventsAsync()).Count(e => e.Name != except) >= names.Length,
            () => $"only {string.Join(", ", stored.Select(e => e.Name))} arrived; {said}", Patience);
        Assert.Equal(
            names.Order(StringComparer.Ordinal), stored.Select(e => e.Name).Where(name => name != except).Order(StringComparer.Ordinal));
        return stored;
    }

    private static async Task RunAsync(string script, params string[] arguments)
    {
        using var process = NpmPackages.Start(script, arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await EndAsync(process);
        Assert.True(process.ExitCode == 0, $"{script} {arguments[0]} ended with {process.ExitCode}: {await output}{await errors}");
    }

    private static async Task EndAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
