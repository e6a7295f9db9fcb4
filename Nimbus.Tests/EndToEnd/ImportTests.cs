using System.Globalization;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.EndToEnd;

/// <summary>The repository's sample through the command line: its truths, and a way there that is broken twice.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class ImportTests(NimbusSystem nimbus)
{
    private static readonly string Sample = Path.Combine(TestData.RepositoryRoot, "samples", "shop.csv");
    private static readonly JsonElement Truth = TestData.Json(Path.Combine(TestData.RepositoryRoot, "samples", "shop.truth.json"));

    [Fact]
    public async Task The_sample_answers_as_its_truth()
    {
        using var folder = new TemporaryFolder();
        var project = await TestProject.CreateAsync(nimbus);
        await using (var import = NimbusCommand.Import(project, folder.Copy(Sample)))
        {
            var (exitCode, output) = await import.EndAsync(TimeSpan.FromMinutes(1));
            Assert.True(exitCode == 0, output);
        }
        await project.WaitForCountAsync(Truth.GetProperty("events").GetInt64());

        var top = await project.Api.GetTopEventsAsync(
            project.Id, Truth.GetProperty("first").GetDateTimeOffset(), Truth.GetProperty("last").GetDateTimeOffset().AddMilliseconds(1), 100);
        Assert.Equal(
            Truth.GetProperty("event_types").EnumerateArray()
                .Select(type => (type.GetProperty("name").GetString()!, type.GetProperty("events").GetInt64(), type.GetProperty("users").GetInt64()))
                .OrderBy(type => type.Item1, StringComparer.Ordinal),
            top.Events.Select(type => (type.Name, type.Count, type.Users)).OrderBy(type => type.Name, StringComparer.Ordinal));

        var days = Truth.GetProperty("days").EnumerateArray()
            .Select(day => (Date: DateOnly.Parse(day.GetProperty("date").GetString()!, CultureInfo.InvariantCulture), Users: day.GetProperty("users").GetInt64()))
            .ToList();
        var daily = await project.Api.GetDailyUsersAsync(project.Id, days[0].Date, days[^1].Date);
        Assert.Equal(days.Where(day => day.Users > 0), daily.Days.Where(day => day.Users > 0).Select(day => (day.Date, day.Users)));
    }

    [SkippableFact]
    public async Task An_import_that_is_interrupted_and_whose_server_is_killed_ends_with_each_event_once()
    {
        await nimbus.RequireKillAsync("ingest");
        using var folder = new TemporaryFolder();
        var file = folder.Copy(Sample);
        var project = await TestProject.CreateAsync(nimbus);

        // An event at a time, each waiting for the disk, so that the break falls in the middle.
        await using (var import = NimbusCommand.Import(project, file, "--batch-size", "1", "--in-flight", "1"))
        {
            // Asked of the table: an answer may take longer to hold the first event than the import takes.
            await Eventually.TrueAsync(async () => await StoredAsync(project.Id) > 0, () => "nothing is imported", TimeSpan.FromSeconds(30));
            import.Interrupt();
            var (exitCode, output) = await import.EndAsync(TimeSpan.FromSeconds(30));
            Assert.True(exitCode == 130, $"{exitCode}: {output}");
        }
        Assert.True(await project.CountAsync() < Truth.GetProperty("events").GetInt64(), "the import was over before it was interrupted");

        await using (var import = NimbusCommand.Import(project, file, "--batch-size", "20", "--in-flight", "1"))
        {
            await nimbus.KillAsync("ingest");
            var (exitCode, output) = await import.EndAsync(TimeSpan.FromMinutes(2));
            Assert.True(exitCode == 0, $"{exitCode}: {output}");
        }
        await project.WaitForCountAsync(Truth.GetProperty("events").GetInt64());
        Assert.Equal(
            File.ReadLines(file).Skip(1).Select(line => line[..line.IndexOf(',', StringComparison.Ordinal)]).Order(StringComparer.Ordinal),
            (await project.AllEventsAsync()).Select(e => e.IdempotencyKey!).Order(StringComparer.Ordinal));
    }

    private async Task<long> StoredAsync(Guid project)
    {
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        await using var command = database.CreateCommand("SELECT count(*) FROM events WHERE project_id = $1");
        command.Parameters.AddWithValue(project);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
