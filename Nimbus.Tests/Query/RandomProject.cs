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

    /// <param name="from">Events lie in the 8 days from here, many in the same millisecond.</param>
    public static StoredProject Make(int seed, Instant from, int events)
    {
        var random = new Random(seed);
        var moments = Enumerable.Range(0, Math.Max(1, events * 2 / 3))
            .Select(_ => from.ToDateTimeUtc().AddMilliseconds(random.NextInt64(8 * 86_400_000L)))
            // Exact bucket boundaries are where off-by-one errors live.
            .Concat(Enumerable.Range(0, 8 * 24).Select(hour => from.ToDateTimeUtc().AddHours(hour)))
            .ToList();
        return new StoredProject(Guid.CreateVersion7(), [.. Enumerable.Range(0, events).Select(_ => Event())], SamePerson);

        StoredEvent Event()
        {
            var props = new Dictionary<string, string>();
            if (random.Next(8) > 0) props["colour"] = Pick(Colours);
            if (random.Next(6) > 0) props["price"] = Pick(Prices);
            return new(Pick(moments), Guid.CreateVersion7(), Pick(new[] { "view", "view", "buy", "Ünï", "a", "B" }),
                Pick(UserIds), Pick(AnonymousIds), props);
        }

        T Pick<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];
    }
}
