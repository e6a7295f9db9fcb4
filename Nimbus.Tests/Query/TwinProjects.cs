using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.QueryService.Querying;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Query.Sql;
using NodaTime;
using NodaTime.Text;
using Npgsql;

namespace Nimbus.Tests.Query;

/// <summary>Random projects in eventsdb, asked about over HTTP and in SQL.</summary>
public sealed class TwinProjects(NimbusSystem nimbus) : IAsyncLifetime
{
    // Eight days around something hard, in its zone.
    private static readonly (string Zone, string From)[] HardDays =
    [
        ("UTC", "2026-02-25T00:00:00Z"),
        ("America/Havana", "2018-11-01T04:00:00Z"),
        ("America/Havana", "2018-03-08T05:00:00Z"),
        ("America/St_Johns", "2010-11-04T02:30:00Z"),
        ("America/Sao_Paulo", "2018-02-14T02:00:00Z"),
        ("Australia/Lord_Howe", "2018-03-29T13:00:00Z"),
        ("Pacific/Apia", "2011-12-27T10:00:00Z"),
    ];

    private static readonly int[] Sizes = [250, 60, 0];

    private readonly List<TwinProject> _all = [];
    private NpgsqlDataSource _database = null!;

    public IReadOnlyList<TwinProject> All => _all;

    public async Task InitializeAsync()
    {
        _database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        var account = await TestAccount.RegisterAsync(nimbus);
        foreach (var (zone, from) in HardDays)
            foreach (var size in Sizes.Take(zone == "UTC" ? 3 : 2))
            {
                var start = InstantPattern.ExtendedIso.Parse(from).Value;
                var created = await account.CreateProjectAsync();
                var seed = size + (_all.Count * 1000);
                var stored = RandomProject.Make(seed, start, size, created.Id);
                await stored.StoreAsync(_database);
                _all.Add(new(account, _database, stored, seed, start, zone));
            }
        // Whatever follows the outbox has seen all of it.
        foreach (var project in _all)
            await Eventually.TrueAsync(
                async () => (await project.AskAsync("trends", new() { ["series"] = new[] { new { } } })).GetProperty("watermark").GetInt64()
                    >= project.Stored.LastChange,
                () => $"change {project.Stored.LastChange} of project {project.Stored.Id} is not in the answers", TimeSpan.FromSeconds(20));
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();
}

/// <summary>One random project.</summary>
public sealed class TwinProject(
    TestAccount account, NpgsqlDataSource database, StoredProject stored, int seed, Instant start, string zone)
{
    public StoredProject Stored => stored;

    public Guid Id => stored.Id;

    public LocalCalendar Calendar { get; } = new(DateTimeZoneProviders.Tzdb[zone]);

    /// <summary>For questions; the same in each run.</summary>
    public Random Random(int kind) => new(seed + (kind * 100_000));

    /// <summary>A range off every boundary, so that its first and last bucket are partly full; sometimes whole days.</summary>
    public (Instant From, Instant To) Range(Random random) => random.Next(3) == 0
        ? (Calendar.StartOfDay(Calendar.DayOf(start).PlusDays(1)), Calendar.StartOfDay(Calendar.DayOf(start).PlusDays(7)))
        : (start + Duration.FromMinutes(random.Next(3000)), start + Duration.FromMinutes(random.Next(6000, 12_000)));

    public string Told(object question) => $"seed {seed}, {zone}: {JsonSerializer.Serialize(question)}";

    /// <summary>Asks the running system a query document.</summary>
    public async Task<JsonElement> AskAsync(string kind, Dictionary<string, object> document)
    {
        document["project_id"] = Id;
        document["tz"] = zone;
        using var response = await account.SendAsync(HttpMethod.Post, $"/v1/insights/{kind}", JsonContent.Create(document));
        return await JsonAsync(response, Told(document));
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        var url = $"{path}&project_id={Id}&tz={Uri.EscapeDataString(zone)}";
        using var response = await account.SendAsync(HttpMethod.Get, url);
        return await JsonAsync(response, Told(url));
    }

    public async Task<List<object?[]>> AskAsync(SqlQuestion question)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await question.AskAsync(connection);
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response, string told)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{told}: {body}");
        return JsonDocument.Parse(body).RootElement;
    }
}

/// <summary>An answer as figures under what they are of, so that two answers can be compared whatever their form.</summary>
public sealed class Figures
{
    private readonly SortedDictionary<string, string?> _figures = new(StringComparer.Ordinal);

    /// <summary>A figure that is 0 or absent says nothing where <paramref name="skipZero"/>.</summary>
    public void Add(string of, object? figure, bool skipZero = false)
    {
        var text = figure switch
        {
            null => null,
            JsonElement { ValueKind: JsonValueKind.Null } => null,
            JsonElement json => json.GetRawText(),
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            _ => Convert.ToString(figure, CultureInfo.InvariantCulture),
        };
        if (skipZero && text is "0" or null && skipZero) return;
        _figures.Add(of, text);
    }

    public static void AssertSame(Figures twin, Figures answer, string told)
    {
        foreach (var of in twin._figures.Keys.Union(answer._figures.Keys))
        {
            var (expected, found) = (twin._figures.GetValueOrDefault(of, "none"), answer._figures.GetValueOrDefault(of, "none"));
            Assert.True(Agree(expected, found), $"{of}: SQL says {expected ?? "null"}, the answer is {found ?? "null"}. {told}");
        }
    }

    // Whole numbers that a count can be to the digit, others, which may be averages of larger ones, within 1e-9; beyond the largest double, and nearer to zero than 1e-300, all are one.
    private static bool Agree(string? expected, string? found)
    {
        if (expected == found) return true;
        if (expected is null or "none" || found is null or "none") return false;
        var (a, b) = (double.Parse(expected, CultureInfo.InvariantCulture), double.Parse(found, CultureInfo.InvariantCulture));
        if (long.TryParse(expected, out var whole) && long.TryParse(found, out var other) && Math.Abs(whole) < 1_000_000_000) return whole == other;
        if (Math.Abs(a) >= double.MaxValue && Math.Abs(b) >= double.MaxValue) return Math.Sign(a) == Math.Sign(b);
        if (Math.Abs(a) < 1e-300 && Math.Abs(b) < 1e-300) return true;
        return Math.Abs(a - b) <= 1e-9 * Math.Abs(a);
    }
}
