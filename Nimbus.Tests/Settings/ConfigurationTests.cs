using System.Text.RegularExpressions;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.Settings;

/// <summary>docs/configuration.md and settings.txt name every setting that there is, and none that there is not.</summary>
public sealed partial class ConfigurationTests
{
    private const string Renewal = "Renew it: NIMBUS_UPDATE_SETTINGS=1 dotnet test Nimbus.Tests --filter ConfigurationTests";

    private static readonly string Page = Path.Combine(TestData.RepositoryRoot, "docs", "configuration.md");
    private static readonly string List = Path.Combine(TestData.RepositoryRoot, "Nimbus.ServiceDefaults", "Settings", "settings.txt");
    private static readonly bool Renews = Environment.GetEnvironmentVariable("NIMBUS_UPDATE_SETTINGS") == "1";

    [Fact]
    public async Task The_reference_is_what_the_options_records_say()
    {
        var written = await File.ReadAllTextAsync(Page);
        var made = ConfigurationPage.Renew(written);
        if (Renews)
            await File.WriteAllTextAsync(Page, written = made);
        Assert.True(written == made, $"docs/configuration.md is not what the code says. {Renewal}");
    }

    [Fact]
    public async Task The_names_that_services_know_are_those_of_the_options_records()
    {
        var names = SettingsReference.All.Select(setting => setting.Key).Order(StringComparer.Ordinal).ToList();
        if (Renews)
            await File.WriteAllTextAsync(List, string.Join('\n', names) + "\n");
        var listed = (await File.ReadAllTextAsync(List)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(names.SequenceEqual(listed), $"settings.txt is not what the code says. {Renewal}");
    }

    [Fact]
    public void Every_setting_says_what_it_does_and_what_it_may_be()
    {
        Assert.True(SettingsReference.All.Count > 50, "the settings were not found");
        Assert.All(SettingsReference.All, setting =>
        {
            Assert.True(setting.Effect.Length > 10, $"{setting.Key} has no docstring");
            Assert.True(ConfigurationPage.RangeOf(setting) is not null, $"{setting.Key} has no [Range]");
        });
    }

    /// <summary>What is read past the options records would be in no list.</summary>
    [Fact]
    public void No_setting_is_read_that_the_reference_does_not_have()
    {
        var names = SettingsReference.All.Select(setting => setting.Key.Replace(":0", "", StringComparison.Ordinal)).ToList();
        List<string> unknown = [];
        foreach (var file in Docstrings.Files.Where(file => Path.GetFileName(file) is not "OlderNames.cs"))
            unknown.AddRange(Literal().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)
                .Where(name => !names.Any(known => known == name || known.StartsWith($"{name}:", StringComparison.Ordinal)))
                .Select(name => $"{name} in {Path.GetFileName(file)}"));
        Assert.True(unknown is [], $"{string.Join(", ", unknown)}: bind it to an options record by AddSettings.");
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("ingest")]
    [InlineData("ingest-writer")]
    [InlineData("query")]
    [InlineData("gateway")]
    public void A_service_warns_of_a_setting_that_none_has_and_never_says_its_value(string service)
    {
        string[] misspelt = ["--Nimbus:Ingets:MaxPendingBytes=hunter2", "--Nimbus:Cors:AllowedOrigins:first=hunter2", "--NIMBUS_DB_POOL_SIZE=hunter2"];
        // Those of others, of lists and with names are no mistakes.
        string[] right =
        [
            "--Nimbus:Query:MaxRunning=4", "--Nimbus:Cors:AllowedOrigins:1=https://a.example", "--nimbus:othermasterkeys:v1=hunter2",
            "--Nimbus:TrustedProxies=10.0.0.1, 10.0.0.2", "--Nimbus:Jwt:Secret=short",
        ];

        var log = ComposedService.LoggedBeforeRefusal(
            SettingsReference.ProgramOf(service), [.. SettingsReference.ArgumentsOf(service), .. misspelt, .. right]);

        var lines = log.Lines.Where(line => line.Level == Microsoft.Extensions.Logging.LogLevel.Warning).Select(line => line.Text).ToList();
        Assert.Equal(
            [
                "Nimbus__Cors__AllowedOrigins__first has no effect: there is no such setting. docs/configuration.md lists all there are.",
                "Nimbus__Ingets__MaxPendingBytes has no effect: there is no such setting. docs/configuration.md lists all there are.",
                "NIMBUS_DB_POOL_SIZE has no effect here. Write `Maximum Pool Size` into the connection string.",
            ],
            lines);
        Assert.DoesNotContain(log.Lines, line => line.Text.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_service_reads_is_told_apart_from_what_another_does()
    {
        var writer = SettingsReference.ReadBy("ingest-writer").Select(setting => setting.Variable).ToList();
        Assert.Contains("Nimbus__Writer__Lanes", writer);
        Assert.Contains("Nimbus__OtherMasterKeys__{name}", writer);
        Assert.DoesNotContain("Nimbus__Ingest__AckAfter", writer);
        Assert.Equal(["eventsdb", "redis"], SettingsReference.ConnectionsOf("ingest-writer").Select(use => use.Name).Order());
        Assert.Equal([new ConnectionUse("redis", ConnectionKind.Redis, IsRequired: false)], SettingsReference.ConnectionsOf("gateway"));
    }

    [GeneratedRegex("\"(Nimbus:[A-Z][A-Za-z:]*)\"")]
    private static partial Regex Literal();
}
