using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Nimbus.IngestService;
using Nimbus.IngestService.Buffering;
using Nimbus.IngestService.People;
using Nimbus.IngestService.Writing;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Stats;
using Nimbus.ServiceDefaults;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Query;
using NodaTime;

namespace Nimbus.Tests.Ingest;

/// <summary>Who is who is a function of what was sent, whatever the order it arrives in and however it is cut into transactions.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class PeopleOrderTests(NimbusSystem nimbus) : IAsyncLifetime
{
    private const int Rounds = 12;
    private const int OrdersOfEach = 4;
    private static readonly string[] Users = ["ada", "bob", "cyd", "dan", "eve"];
    private static readonly string[] Devices = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly IngestMetrics Metrics = new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    private EventsDatabase database = null!;

    public async Task InitializeAsync() => database = await EventsDatabase.OpenAsync(nimbus);

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task The_same_things_in_any_order_and_in_any_batches_make_the_same_people_and_the_same_answers()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var random = new Random(round);
            var things = Enumerable.Range(0, random.Next(5, 40)).Select(_ => Thing.Any(random)).ToList();
            var expected = PeopleOf(things);
            string? answers = null;
            for (var order = 0; order < OrdersOfEach; order++)
            {
                var project = Guid.CreateVersion7();
                await StoreAsync(project, order == 0 ? things : [.. things.OrderBy(_ => random.Next())], random);
                Assert.Equal((round, order, expected), (round, order, await StoredPeopleAsync(project)));
                var now = await AnswersAsync(project);
                Assert.Equal((round, order, answers ??= now), (round, order, now));
            }
        }
    }

    [Fact]
    public async Task However_often_a_shared_device_is_seen_its_users_stay_apart()
    {
        var project = Guid.CreateVersion7();
        var random = new Random(1);
        List<Thing> things = [.. Enumerable.Range(0, 200).Select(i => new Thing(Users[random.Next(Users.Length)], "shared", null, false, random.Next(1, 10_000)))];
        await StoreAsync(project, things, random);
        var first = things.OrderBy(thing => thing.Minute).ThenBy(thing => thing.User, StringComparer.Ordinal).First().User!;
        Assert.Equal(
            string.Join("; ", Users.Select(user => user == first ? $"shared,{user}" : user).Select(ids => string.Join(',', ids.Split(',').Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal)),
            await StoredPeopleAsync(project));
    }

    /// <summary>Stores in pieces of random sizes, by two writers in turn; a merge comes when both of its ids are there.</summary>
    private async Task StoreAsync(Guid project, List<Thing> things, Random random)
    {
        BatchStore[] writers = [Writer(), Writer()];
        var merges = new Merges(database.DataSource, Metrics, TimeProvider.System);
        var waiting = new List<Thing>();
        for (var at = 0; at < things.Count;)
        {
            var entries = new List<Entry>();
            for (var left = random.Next(1, 4); left > 0 && at < things.Count; left--)
            {
                var piece = things.Skip(at).Take(random.Next(1, 6)).ToList();
                at += piece.Count;
                waiting.AddRange(piece.Where(thing => thing.IsMerge));
                var events = piece.Where(thing => !thing.IsMerge).Select((thing, i) => thing.ToEvent(i)).ToList();
                if (events.Count > 0)
                    entries.Add(new Entry(Guid.CreateVersion7(), project, Start.ToUnixTimeMilliseconds(), "", events));
            }
            await writers[random.Next(writers.Length)].StoreAsync(entries, [], default);
            foreach (var merge in waiting.ToList())
            {
                if (await MergeAsync(merges, project, merge))
                    waiting.Remove(merge);
            }
        }
    }

    private BatchStore Writer() => new(
        database.DataSource, new ErasedPeople(new ErasedIdHash(new MasterKey(NimbusSystem.MasterKey))), Options.Create(new WriterOptions()));

    private static async Task<bool> MergeAsync(Merges merges, Guid project, Thing merge)
    {
        try
        {
            await merges.JoinAsync(project, Guid.NewGuid(), [(null, merge.User), (null, merge.Other)], default);
            return true;
        }
        catch (ProblemException unknown) when (unknown.Code == "person_not_found")
        {
            return false;
        }
    }

    /// <summary>The rules of API.md, read literally: each device goes to the first user it was seen with; aliases and merges join.</summary>
    private static string PeopleOf(List<Thing> things)
    {
        var seen = things.Where(thing => !thing.IsMerge).SelectMany(thing => new[] { thing.User, thing.Device, thing.Other }).OfType<string>().ToHashSet();
        var person = seen.ToDictionary(id => id, id => new HashSet<string> { id });
        foreach (var device in things.Where(thing => thing is { User: not null, Device: not null }).GroupBy(thing => thing.Device!))
            Join(device.Key, device.OrderBy(thing => thing.Minute).ThenBy(thing => thing.User, StringComparer.Ordinal).First().User!);
        foreach (var join in things.Where(thing => thing.Other is not null && thing.Other != thing.User && seen.Contains(thing.User!) && seen.Contains(thing.Other)))
            Join(join.User!, join.Other!);
        return string.Join("; ", person.Values.Distinct().Select(ids => string.Join(',', ids.Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal));

        void Join(string a, string b)
        {
            person[a].UnionWith(person[b]);
            foreach (var id in person[a].ToList())
                person[id] = person[a];
        }
    }

    private async Task<string> StoredPeopleAsync(Guid project)
    {
        await using var command = database.DataSource.CreateCommand("""
            SELECT string_agg(ids, '; ' ORDER BY ids COLLATE "C") FROM (
                SELECT string_agg(raw_id, ',' ORDER BY raw_id COLLATE "C") AS ids FROM ids WHERE project_id = $1 GROUP BY canonical) AS people
            """);
        command.Parameters.AddWithValue(project);
        return await command.ExecuteScalarAsync() as string ?? "";
    }

    private async Task<string> AnswersAsync(Guid project)
    {
        var calendar = new LocalCalendar(DateTimeZone.Utc);
        var (from, to) = (Instant.FromDateTimeOffset(Start), Instant.FromDateTimeOffset(Start.AddDays(10)));
        var days = new Buckets(calendar, BucketSize.Day).Covering(from, to)!;
        var hours = new Buckets(calendar, BucketSize.Hour).Covering(from, to)!;
        using var snapshot = await database.SnapshotAsync(project);
        var run = new QueryRun(snapshot, new QueryLimits(), default);
        var users = MetricsReader.Run(new(hours, new EventFilter(), new Measure(MeasureKind.Users), BucketSize.Hour, "UTC"), run);
        var daily = DailyUsersReader.Run(calendar, days, run);
        var top = TopEventsReader.Run(null, null, 10, run);
        var events = await database.Events.ReadAsync(new(project, new EventFilter(), null, null, true, 1000, null), default);
        var people = await new Nimbus.QueryService.Persons.PersonsReader(database.Queries).ListAsync(project, null, 100, null, default);
        return string.Join('\n',
            string.Join(' ', users.Series!.Select(point => point.Value?.Text)),
            string.Join(' ', daily.Days.Select(day => day.Users)),
            string.Join(' ', top.Events.Select(e => $"{e.Name} {e.Count} {e.Users}")),
            // Ids of persons are made at random: which events are of one person is what has to agree.
            string.Join(' ', events.Events.GroupBy(e => e.PersonId).Select(person => string.Join(',', person
                .Select(e => $"{e.Ts:O} {e.UserId} {e.AnonymousId}").Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal)),
            string.Join(' ', people.Persons.Select(person => $"{person.FirstSeen:O} {string.Join(',', person.Ids.Order(StringComparer.Ordinal))}")
                .Order(StringComparer.Ordinal)));
    }

    /// <summary>Something that says who somebody is: an event, perhaps of two ids, an alias, or a member's merge.</summary>
    /// <param name="Minute">Of its time; equal ones occur, and they come in any order.</param>
    private sealed record Thing(string? User, string? Device, string? Other, bool IsMerge, int Minute)
    {
        public static Thing Any(Random random)
        {
            var (user, device, minute) = (Users[random.Next(Users.Length)], Devices[random.Next(Devices.Length)], random.Next(1, 40) * 60);
            return random.Next(10) switch
            {
                0 => new Thing(user, null, random.Next(3) == 0 ? device : Users[random.Next(Users.Length)], false, minute),
                1 => new Thing(user, null, Users.First(other => other != user), true, minute),
                2 or 3 => new Thing(user, null, null, false, minute),
                4 or 5 => new Thing(null, device, null, false, minute),
                _ => new Thing(user, device, null, false, minute),
            };
        }

        public EntryEvent ToEvent(int index) => new()
        {
            Index = index,
            Name = Other is null ? "view" : "alias",
            Ts = Start.AddMinutes(Minute).ToUnixTimeMilliseconds(),
            UserId = User,
            AnonymousId = Device,
            OtherId = Other,
        };
    }
}
