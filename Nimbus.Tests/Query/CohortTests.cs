using System.Text.Json;
using Nimbus.Events;
using Nimbus.QueryService.Cohorts;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Trends;
using static Nimbus.Tests.Query.MemoryQueries;

namespace Nimbus.Tests.Query;

/// <summary>Who is in a cohort.</summary>
public sealed class CohortTests
{
    private const string Recent = """{"did":{"name":"buy"},"at_least":2,"within":"7d"}""";

    [Theory]
    [InlineData(Recent, "ada")]
    [InlineData("""{"did":{"name":"buy"}}""", "ada bob")]
    [InlineData("""{"did":{"name":"buy"},"exactly":1,"within":"7d"}""", "bob")]
    [InlineData("""{"did":{"name":"buy"},"at_most":1,"within":"7d"}""", "bob cyd")]
    [InlineData("""{"did_not":{"name":"buy"}}""", "cyd")]
    [InlineData("""{"did_not":{"name":"view"},"within":"1d"}""", "ada bob")]
    [InlineData("""{"did":{"name":"buy","where":{"prop":"price","op":"gt","value":15}}}""", "ada bob")]
    [InlineData("""{"did":{"name":"buy"},"from":"2026-03-15","to":"2026-03-16"}""", "ada bob")]
    [InlineData("""{"did":{"name":"buy"},"from":"2026-03-17"}""", "ada")]
    [InlineData("""{"trait":"plan","value":"pro"}""", "ada bob")]
    [InlineData("""{"trait":"plan","op":"not_set"}""", "cyd")]
    [InlineData("""{"and":[{"did":{"name":"buy"}},{"not":{"trait":"seats","op":"gte","value":10}}]}""", "bob")]
    [InlineData("""{"or":[{"did_not":{"name":"buy"}},{"trait":"seats","value":10}]}""", "ada cyd")]
    public void The_example_of_the_documentation(string definition, string members) => Assert.Equal(members, Members(Example(), definition));

    [Theory]
    [InlineData("""{}""", "definition")]
    [InlineData("""{"did":{"name":"a"},"at_least":1,"at_most":2}""", "definition.at_most")]
    [InlineData("""{"did_not":{"name":"a"},"exactly":2}""", "definition.exactly")]
    [InlineData("""{"did":{"name":"a"},"within":"7 days"}""", "definition.within")]
    [InlineData("""{"did":{"name":"a"},"within":"7d","from":"2026-01-01"}""", "definition.within")]
    [InlineData("""{"did":{"name":"a"},"from":"2026-01-02","to":"2026-01-01"}""", "definition.from")]
    [InlineData("""{"and":[{"did":{"name":"a"}},{"prop":"plan","value":1}]}""", "definition.and[1]")]
    [InlineData("""{"and":[]}""", "definition.and")]
    [InlineData("""{"cohort":"mine"}""", "definition.cohort")]
    [InlineData("""{"trait":"plan","op":"like","value":1}""", "definition.op")]
    [InlineData("""{"not":{"not":{"not":{"not":{"not":{"not":{"not":{"not":{"did":{}}}}}}}}}}""", "definition.not.not.not.not.not.not.not.not")]
    public void A_definition_with_a_fault_names_the_field(string definition, string field) =>
        Assert.Equal([field], Faults(CohortRule.Read, $$"""{"definition":{{definition}}}""").Keys);

    [Fact]
    public void Filters_and_groups_have_traits_and_cohorts_like_properties()
    {
        var project = Example();
        var cohort = Guid.CreateVersion7();
        project.OfPeople.Add(new(PropertySource.Cohort, $"{cohort:D}"), Set(project, Recent).AsCodes(project.People));

        // ada's four events, one of them under her anonymous id; bob's view; cyd's view; and what is nobody's.
        Assert.Equal(("4", "3"), (Count("""{"cohort":"ID"}"""), Count("""{"where":{"and":[{"cohort":"ID"},{"trait":"seats","value":10}]},"series":[{"name":"buy"}]}""")));
        Assert.Equal(("1", "1"), (Count("""{"where":{"trait":"seats","op":"lt","value":10},"series":[{"name":"view"}]}"""),
            Count("""{"where":{"or":[{"cohort":"ID"},{"trait":"plan","op":"not_set"}]},"series":[{"name":"view"}],"from":"2026-03-19T12:00:00Z"}""")));
        Assert.Equal([("\"pro\"", "6"), ("null", "2")], Groups("""{"group_by":{"trait":"plan"}}"""));
        Assert.Equal([("false", "4"), ("true", "4")], Groups("""{"group_by":{"cohort":"ID"}}"""));

        string Count(string document) => Trend(document).Single().Total!.Value.Text;

        List<(string, string)> Groups(string document) => [.. Trend(document).Select(line => (line.Group!.Value.Text, line.Total!.Value.Text))];

        IReadOnlyList<TrendsLine> Trend(string document)
        {
            var fields = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(document.Replace("ID", $"{cohort}", StringComparison.Ordinal))!;
            fields.TryAdd("series", JsonSerializer.SerializeToElement(new[] { new { } }));
            fields.TryAdd("from", JsonSerializer.SerializeToElement("2026-03-01"));
            return TrendsReader.Run(Read(TrendsQuery.Read, JsonSerializer.Serialize(fields)), Over(project)).Series;
        }
    }

    [Fact]
    public void A_trait_is_what_comes_of_the_writes_to_all_ids_of_the_person()
    {
        using var project = MemoryProject.From(
            [new(1, "e", "ada"), new(2, "e", AnonymousId: "a-1"), new(3, "e", "bob"), new(4, "e", "null")],
            new Dictionary<string, string> { ["a-1"] = "ada" });
        var codes = TraitReader.CodesOf(new Dictionary<long, List<TraitWrite>>
        {
            [1] = [Write("plan", 10, TraitOperation.Set, "\"free\"")],
            [2] = [Write("plan", 20, TraitOperation.Set, "\"pro\""), Write("", 5, TraitOperation.Delete, "null")],
            [3] = [Write("plan", 10, TraitOperation.Set, "\"free\""), Write("plan", 11, TraitOperation.Unset, "null")],
            [4] = [Write("plan", 10, TraitOperation.Set, "\"free\"")],
            [99] = [Write("plan", 10, TraitOperation.Set, "\"of an id that came later\"")],
        }, project.People)!;
        Assert.Equal(["pro", "pro", "null", "null"], Enumerable.Range(0, 4).Select(dense => codes.Values[codes.Of(dense)].Text));
        Assert.Equal(0, codes.Of(-1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_definitions_agree_with_a_naive_reading(int seed)
    {
        var random = new Random(seed);
        var stored = RandomProject.Make(seed, Now - NodaTime.Duration.FromDays(7), 400);
        using var project = MemoryProject.From(
            stored.Events.Select(e => new MemoryEvent(new DateTimeOffset(e.Ts).ToUnixTimeMilliseconds(), e.Name, e.UserId, e.AnonymousId, e.Props)),
            stored.SamePerson, PersonIds);
        var everybody = stored.Events.SelectMany(e => new[] { e.UserId, e.AnonymousId }).Concat(stored.SamePerson.Values).OfType<string>()
            .Where(id => !ProtectedIds.Contains(id)).Select(id => stored.SamePerson.GetValueOrDefault(id, id)).ToHashSet();
        var nonEmpty = 0;
        for (var i = 0; i < 200; i++)
        {
            var (definition, isIn) = Definition(3);
            var expected = everybody.Where(isIn).Select(PersonIds).ToHashSet();
            var actual = Set(project, definition).Members().Select(project.People.PersonId).ToHashSet();
            Assert.True(expected.SetEquals(actual), $"{definition}: expected {expected.Count}, got {actual.Count}");
            if (expected.Count > 0 && expected.Count < everybody.Count) nonEmpty++;
        }
        Assert.True(nonEmpty > 50, $"only {nonEmpty} definitions were about some and not all");

        (string Json, Func<string, bool> IsIn) Definition(int depth)
        {
            switch (depth > 0 ? random.Next(6) : 5)
            {
                case 0:
                    var (all, any) = (Definition(depth - 1), Definition(depth - 1));
                    return ($$"""{"and":[{{all.Json}},{{any.Json}}]}""", p => all.IsIn(p) && any.IsIn(p));
                case 1:
                    var (one, other) = (Definition(depth - 1), Definition(depth - 1));
                    return ($$"""{"or":[{{one.Json}},{{other.Json}}]}""", p => one.IsIn(p) || other.IsIn(p));
                case 2:
                    var negated = Definition(depth - 1);
                    return ($$"""{"not":{{negated.Json}}}""", p => !negated.IsIn(p));
                default:
                    return Did();
            }
        }

        (string Json, Func<string, bool> IsIn) Did()
        {
            var name = ((string?[])[null, "view", "buy", "B", "nothing"])[random.Next(5)];
            var above = random.Next(3) == 0 ? random.Next(1, 5) : (int?)null;
            var (from, to, range) = (DateTime.MinValue, DateTime.MaxValue, "");
            var now = Now.ToDateTimeUtc();
            switch (random.Next(3))
            {
                case 0:
                    var hours = random.Next(1, 200);
                    (from, to, range) = (now.AddHours(-hours), now.AddMinutes(1), $",\"within\":\"{hours}h\"");
                    break;
                case 1:
                    from = now.Date.AddDays(-random.Next(8));
                    to = from.AddDays(random.Next(1, 4));
                    range = $",\"from\":\"{from:yyyy-MM-dd}\",\"to\":\"{to.AddDays(-1):yyyy-MM-dd}\"";
                    break;
            }
            var (word, times) = (random.Next(4), random.Next(6));
            var count = new[] { $",\"at_least\":{times}", $",\"at_most\":{times}", $",\"exactly\":{times}", "" }[word];
            var where = above is null ? "" : $",\"where\":{{\"prop\":\"price\",\"op\":\"gt\",\"value\":{above}}}";
            var events = (name is null ? "" : $"\"name\":\"{name}\"") + where;
            var json = $"{{\"did\":{{{events.TrimStart(',')}}}{count}{range}}}";
            return (json, person =>
            {
                var done = stored.Events.Count(e => stored.Person(e) == person && (name is null || e.Name == name) && e.Ts >= from && e.Ts < to
                    && (above is null || (e.Props.TryGetValue("price", out var price) && PropertyValue.OfJson(price) is { Kind: ValueKind.Number } p && p.Number > above)));
                return word switch { 0 => done >= times, 1 => done <= times, 2 => done == times, _ => done >= 1 };
            }
            );
        }

        Guid PersonIds(string raw) => new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(raw)).AsSpan(0, 16));
    }

    /// <summary>The people and events of the example, asked about at noon of 20 March 2026.</summary>
    private static ProjectSnapshot Example()
    {
        var project = MemoryProject.From(
            [
                Event("2026-03-15T10:00:00Z", "buy", "ada", ("price", "10")), Event("2026-03-16T10:00:00Z", "buy", "ada", ("price", "20")),
                new(At("2026-03-20T11:00:00Z").ToUnixTimeMilliseconds(), "buy", AnonymousId: "a-1"),
                Event("2026-03-02T10:00:00Z", "view", "ada"),
                Event("2026-03-16T12:00:00Z", "buy", "bob", ("price", "40")), Event("2026-03-02T12:00:00Z", "view", "bob"),
                Event("2026-03-20T11:59:00Z", "view", "cyd"),
                Event("2026-03-20T11:59:00Z", "buy", "anonymous"),
            ],
            new Dictionary<string, string> { ["a-1"] = "ada" }, raw => new Guid(raw.PadRight(16, '-').Select(c => (byte)c).ToArray()));
        // In the order in which ids appear: ada, a-1, bob, cyd.
        Add("plan", (1, "\"free\"", 1), (2, "\"pro\"", 2), (3, "\"pro\"", 1));
        Add("seats", (1, "10", 1), (3, "3", 1));
        return project;

        void Add(string trait, params (long Owner, string Json, long Ts)[] writes) => project.OfPeople.Add(
            new(PropertySource.Trait, trait),
            TraitReader.CodesOf(writes.ToDictionary(w => w.Owner, w => new List<TraitWrite> { Write(trait, w.Ts, TraitOperation.Set, w.Json) }), project.People)!);
    }

    private static TraitWrite Write(string name, long ts, TraitOperation operation, string json) =>
        new(name, ts, Guid.CreateVersion7(), operation, JsonSerializer.Deserialize<JsonElement>(json));

    private static PersonSet Set(ProjectSnapshot project, string definition) =>
        Read(CohortRule.Read, $$"""{"definition":{{definition}}}""")!.Of(Over(project));

    private static string Members(ProjectSnapshot project, string definition) => string.Join(' ', Set(project, definition).Members()
        .Select(person => System.Text.Encoding.ASCII.GetString(project.People.PersonId(person).ToByteArray()).TrimEnd('-')).Order());
}
