using System.Text.Json;
using Nimbus.Cli;
using Nimbus.Cli.Samples;

namespace Nimbus.Tests.Cli;

public sealed class SampleTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_committed_sample_is_what_its_command_writes_byte_for_byte()
    {
        var file = _folder.Path("shop.csv");

        var exitCode = await NimbusCommand.RunAsync(
            ["sample", "--events", "3000", "--people", "300", "--days", "28", "--seed", "1", "--out", file],
            TextWriter.Null, TextWriter.Null);

        Assert.Equal(ExitCode.Done, exitCode);
        Assert.Equal(File.ReadAllBytes(Committed("shop.csv")), File.ReadAllBytes(file));
        Assert.Equal(File.ReadAllText(Committed("shop.truth.json")), File.ReadAllText(_folder.Path("shop.truth.json")));
    }

    /// <summary>No field before the properties holds a comma or a quote, so that splitting at commas reads them.</summary>
    [Fact]
    public void The_committed_truth_is_what_plain_counting_of_lines_gives()
    {
        var rows = File.ReadLines(Committed("shop.csv")).Skip(1).Select(line => line.Split(',', 5)).ToList();
        var truth = JsonDocument.Parse(File.ReadAllBytes(Committed("shop.truth.json"))).RootElement;

        Assert.Equal(3000, rows.Count);
        Assert.Equal(rows.Count, truth.GetProperty("events").GetInt32());
        Assert.Equal(Users(rows), truth.GetProperty("users").GetInt32());
        Assert.Equal(rows.Count(row => row[2] == ""), truth.GetProperty("events_of_nobody").GetInt32());
        Assert.Equal(
            rows.GroupBy(row => row[3]).OrderBy(type => type.Key, StringComparer.Ordinal).Select(type => (type.Key, type.Count(), Users(type))),
            truth.GetProperty("event_types").EnumerateArray().Select(type => Counts(type, "name")));
        Assert.Equal(
            rows.GroupBy(row => row[1][..10]).OrderBy(day => day.Key, StringComparer.Ordinal).Select(day => (day.Key, day.Count(), Users(day))),
            truth.GetProperty("days").EnumerateArray().Select(day => Counts(day, "date")));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(777, 3, 30)]
    [InlineData(20_000, 500, 2)]
    public void Rows_are_as_many_as_asked_for_in_order_of_time_within_the_days_and_each_has_its_own_id(int events, int people, int days)
    {
        var start = new DateOnly(2026, 3, 1);

        var rows = SampleGenerator.Generate(new SampleSettings(events, people, days, 7, start)).ToList();

        Assert.Equal(events, rows.Count);
        Assert.Equal(events, rows.Select(row => row.EventId).Distinct().Count());
        Assert.Equal(rows.Select(row => row.OccurredAt).Order(), rows.Select(row => row.OccurredAt));
        Assert.All(rows, row => Assert.InRange(DateOnly.FromDateTime(row.OccurredAt.UtcDateTime), start, start.AddDays(days - 1)));
        Assert.All(rows, row => Assert.Equal(7, row.EventId.Version));
    }

    [Fact]
    public void Another_seed_gives_other_rows()
    {
        var settings = new SampleSettings(100, 10, 2, 1, new DateOnly(2026, 3, 1));

        Assert.Equal(SampleGenerator.Generate(settings), SampleGenerator.Generate(settings));
        Assert.NotEqual(SampleGenerator.Generate(settings), SampleGenerator.Generate(settings with { Seed = 2 }));
    }

    /// <summary>The first outputs of SplitMix64 from seed 1234567, as its reference implementation prints them.</summary>
    [Fact]
    public void The_generators_numbers_are_those_of_SplitMix64()
    {
        var random = new SampleRandom(1234567);

        Assert.Equal([6457827717110365317, 3203168211198807973, 9817491932198370423], new[] { random.Next(), random.Next(), random.Next() });
    }

    [Fact]
    public async Task A_compressed_sample_holds_the_same_rows()
    {
        var (plain, compressed) = (_folder.Path("a.csv"), _folder.Path("b.csv.gz"));
        foreach (var file in new[] { plain, compressed })
            await NimbusCommand.RunAsync(["sample", "--events", "50", "--out", file], TextWriter.Null, TextWriter.Null);

        using var source = Nimbus.Cli.Import.SourceFile.Open(compressed);
        Assert.Equal(File.ReadAllText(plain), source.Text.ReadToEnd());
        Assert.Contains("b.truth.json", _folder.Names());
    }

    private static int Users(IEnumerable<string[]> rows) => rows.Select(row => row[2]).Where(user => user != "").Distinct().Count();

    private static (string, int, int) Counts(JsonElement truth, string key) =>
        (truth.GetProperty(key).GetString()!, truth.GetProperty("events").GetInt32(), truth.GetProperty("users").GetInt32());

    private static string Committed(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Nimbus.sln")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, "samples", name);
    }
}
