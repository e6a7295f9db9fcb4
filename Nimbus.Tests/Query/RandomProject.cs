using System.Globalization;
using Nimbus.Events;
using NodaTime;

namespace Nimbus.Tests.Query;

/// <summary>Makes projects in which everything that is hard to count occurs.</summary>
public static class RandomProject
{
    private static readonly string?[] UserIds = [null, null, "ada", "bob", "cyd", "dan", "eve", "anonymous", "NULL", ""];
    private static readonly string?[] AnonymousIds = [null, "a-1", "a-2", "a-3", "a-4", "a-5", "undefined"];

    // Equal numbers written differently, one beyond 2^53, texts that look like other types, and enough of them for $other.
    private static readonly string[] Colours =
    [
        "\"red\"", "\"green\"", "\"blue\"", "\"$other\"", "\"12\"", "12", "12.0", "-3.25", "9007199254740993", "12345678901234567890",
        "\"true\"", "true", "false", "null", "\"\"", "\"Äpfel\"", "\"äpfel\"", "\"😀\"", "\"\uff5e\"", "[1,2]", "{\"a\":1}", "1e-400", "0",
        "\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"e\"", "\"f\"", "\"g\"", "\"h\"", "\"B\"",
    ];

    private static readonly string[] Prices =
        ["1", "2", "2", "3.5", "-1", "0.1", "9007199254740993", "1e300", "-1e308", "1.7e308", "1e-400", "\"7\"", "null", "true", "[1]"];

    private static readonly Dictionary<string, string> SamePerson = new()
    {
        ["bob"] = "ada",
        ["a-2"] = "ada",
        ["a-4"] = "cyd",
        ["a-5"] = "a-3",
    };

    // Requests bring so many events at a time, of any day: most of them are late.
    private const int EntryEvents = 37;

    /// <param name="from">Events lie in the 8 days from here, many in the same millisecond.</param>
    /// <param name="project">Its id; made up without it.</param>
    public static StoredProject Make(int seed, Instant from, int events, Guid? project = null)
    {
        var random = new Random(seed);
        var moments = Enumerable.Range(0, Math.Max(1, events * 2 / 3))
            .Select(_ => from.ToDateTimeUtc().AddMilliseconds(random.NextInt64(8 * 86_400_000L)))
            // Exact bucket boundaries are where off-by-one errors live.
            .Concat(Enumerable.Range(0, 8 * 24).Select(hour => from.ToDateTimeUtc().AddHours(hour)))
            .ToList();
        var entries = Enumerable.Range(0, events / EntryEvents + 1).Select(_ => Guid.CreateVersion7()).ToList();
        var receivedAt = DateTime.UtcNow;
        return new StoredProject(project ?? Guid.CreateVersion7(), [.. Enumerable.Range(0, events).Select(Event)], SamePerson);

        StoredEvent Event(int i)
        {
            var props = new Dictionary<string, string>();
            if (random.Next(8) > 0) props["colour"] = Pick(Colours);
            if (random.Next(6) > 0) props["price"] = Pick(Prices);
            if (random.Next(6) > 0) props["amount"] = (random.Next(-40, 400) / 4m).ToString(CultureInfo.InvariantCulture);
            if (random.Next(6) > 0) props["red"] = Pick(new[] { "true", "false" });
            var context = new Dictionary<string, string>();
            if (random.Next(3) == 0) context["$session_id"] = Pick(new[] { "\"s1\"", "\"s2\"" });
            if (random.Next(3) > 0) context["app"] = Pick(new[] { "\"web\"", "\"ios\"" });
            var isProfile = random.Next(12) == 0;
            return new(Pick(moments), StoredEvent.IdOf(entries[i / EntryEvents], receivedAt.AddMilliseconds(i / EntryEvents), i % EntryEvents),
                isProfile ? "$identify" : Pick(new[] { "view", "view", "buy", "Ünï", "a", "B" }), Pick(UserIds), Pick(AnonymousIds), props)
            {
                Context = context.Count == 0 ? null : context,
                Type = isProfile ? EventType.Profile : EventType.Track,
                // No two are alike, so that the order within a millisecond is one.
                Seq = random.Next(2) == 0 ? i : null,
            };
        }

        T Pick<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];
    }
}
