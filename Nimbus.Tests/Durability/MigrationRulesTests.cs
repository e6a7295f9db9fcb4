using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Nimbus.IdentityService.Storage;
using Nimbus.Tests.Hosting;
using EventsMigration = Nimbus.Events.Schema.Migration;

namespace Nimbus.Tests.Durability;

/// <summary>What docs/upgrade.md asks of migrations: replicas of the version before run on while a step is applied, and after.</summary>
public sealed partial class MigrationRulesTests
{
    [Fact]
    public void No_step_takes_away_what_the_version_before_it_uses()
    {
        Assert.Empty(EventsMigration.All.Where(step => Contracts(step.Sql)).Select(step => $"{step.Version:0000}_{step.Title}"));
        var steps = IdentitySteps();
        Assert.NotEmpty(steps);
        Assert.Empty(steps.Where(step => Contracts(step.Sql)).Select(step => step.Id));
    }

    [Theory]
    [InlineData("ALTER TABLE events DROP COLUMN seq", true)]
    [InlineData("DROP TABLE outbox;", true)]
    [InlineData("ALTER TABLE events RENAME COLUMN seq TO number", true)]
    [InlineData("ALTER TABLE events ALTER COLUMN seq TYPE int", true)]
    [InlineData("ALTER TABLE events ALTER seq SET NOT NULL", true)]
    [InlineData("ALTER TABLE events ADD COLUMN colour text NOT NULL", true)]
    [InlineData("ALTER TABLE events ADD colour text NOT NULL, ADD size int DEFAULT 0", true)]
    [InlineData("ALTER TABLE events ADD COLUMN colour text NOT NULL DEFAULT 'grey'", false)]
    [InlineData("ALTER TABLE events ADD COLUMN colour text, ADD COLUMN size int", false)]
    [InlineData("-- contract: nothing since 1.2 reads it\nALTER TABLE events DROP COLUMN seq", false)]
    [InlineData("CREATE TABLE colours (name text NOT NULL)", false)]
    public void A_step_that_takes_something_away_says_since_when_nobody_uses_it(string sql, bool contracts) => Assert.Equal(contracts, Contracts(sql));

    [Fact]
    public void The_changelog_has_the_version_that_is_built()
    {
        var version = XDocument.Load(Path.Combine(TestData.RepositoryRoot, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;
        var heads = ChangelogHead().Matches(File.ReadAllText(Path.Combine(TestData.RepositoryRoot, "CHANGELOG.md"))).Select(head => head.Groups[1].Value).ToList();
        Assert.Contains(version, heads);
        Assert.StartsWith(version, global::Nimbus.ServiceDefaults.ServiceVersion.Current, StringComparison.Ordinal);
        Assert.Equal(heads.OrderByDescending(Version.Parse), heads);
    }

    private static bool Contracts(string sql) => !sql.Contains("-- contract:", StringComparison.Ordinal) && TakesAway().IsMatch(sql);

    private static List<(string Id, string Sql)> IdentitySteps()
    {
        using var db = new IdentityDb(new DbContextOptionsBuilder<IdentityDb>().UseNpgsql("Host=nowhere").Options);
        var assembly = db.GetService<IMigrationsAssembly>();
        return [.. assembly.Migrations.Select(step => (step.Key, string.Join(
            ";\n", assembly.CreateMigration(step.Value, db.Database.ProviderName!).UpOperations.OfType<SqlOperation>().Select(operation => operation.Sql))))];
    }

    [GeneratedRegex(
        @"\bDROP\s+(TABLE|COLUMN|VIEW|CONSTRAINT|INDEX|TYPE|FUNCTION)\b|\bRENAME\b|\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b|\bSET\s+NOT\s+NULL\b|\bADD\s+(COLUMN\s+)?(?!CONSTRAINT\b)\w+\s+(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex TakesAway();

    [GeneratedRegex(@"(?m)^## (\d+\.\d+\.\d+)")]
    private static partial Regex ChangelogHead();
}
