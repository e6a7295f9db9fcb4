using System.Text.Json;
using Nimbus.Events;

namespace Nimbus.Tests.Ingest;

public sealed class TraitsTests
{
    [Fact]
    public void The_last_write_by_time_wins_whichever_arrives_last()
    {
        Assert.Equal("""{"plan":"pro"}""", Fold(Set(2, "plan", "pro"), Set(1, "plan", "free")));
    }

    [Fact]
    public void A_trait_taken_away_comes_back_only_by_a_later_write()
    {
        Assert.Equal("{}", Fold(Unset(2, "plan"), Set(1, "plan", "free")));
        Assert.Equal("""{"plan":"pro"}""", Fold(Unset(2, "plan"), Set(3, "plan", "pro")));
    }

    [Fact]
    public void Set_once_keeps_the_earliest_and_yields_to_a_value()
    {
        Assert.Equal("""{"ref":"a"}""", Fold(Once(2, "ref", "b"), Once(1, "ref", "a")));
        Assert.Equal("""{"ref":"set"}""", Fold(Once(1, "ref", "a"), Set(2, "ref", "set"), Once(3, "ref", "c")));
        Assert.Equal("""{"ref":"c"}""", Fold(Once(1, "ref", "a"), Unset(2, "ref"), Once(3, "ref", "c")));
    }

    [Fact]
    public void Numbers_add_up_from_nothing_and_from_the_last_value()
    {
        Assert.Equal("""{"n":5}""", Fold(Write(1, "n", TraitOperation.Add, 2), Write(2, "n", TraitOperation.Add, 3)));
        Assert.Equal("""{"n":12}""", Fold(Write(3, "n", TraitOperation.Add, 2), Set(2, "n", 10), Write(1, "n", TraitOperation.Add, 100)));
        Assert.Equal("""{"n":0.3}""", Fold(Write(1, "n", TraitOperation.Add, 0.1), Write(2, "n", TraitOperation.Add, 0.2)));
    }

    [Fact]
    public void Lists_grow_join_and_lose_values()
    {
        Assert.Equal("""{"l":["a","a"]}""", Fold(Write(1, "l", TraitOperation.Append, "a"), Write(2, "l", TraitOperation.Append, "a")));
        Assert.Equal(
            """{"l":["a","b"]}""",
            Fold(Write(1, "l", TraitOperation.Append, "a"), Write(2, "l", TraitOperation.Union, new[] { "b", "a", "b" })));
        Assert.Equal(
            """{"l":["b"]}""",
            Fold(Set(1, "l", new[] { "a", "b", "a" }), Write(2, "l", TraitOperation.Remove, "a")));
        Assert.Equal("{}", Fold(Write(1, "l", TraitOperation.Remove, "a")));
    }

    [Fact]
    public void A_deletion_takes_all_traits_that_were_there()
    {
        Assert.Equal("""{"b":1}""", Fold(Set(1, "a", 1), Write(2, "", TraitOperation.Delete, null), Set(3, "b", 1)));
    }

    [Fact]
    public void The_order_of_arrival_never_matters()
    {
        var random = new Random(7);
        var kinds = new[] { TraitOperation.Set, TraitOperation.SetOnce, TraitOperation.Add, TraitOperation.Append, TraitOperation.Unset };
        for (var round = 0; round < 200; round++)
        {
            var writes = Enumerable.Range(0, 8)
                .Select(_ => Write(random.Next(4), random.Next(2) == 0 ? "a" : "b", kinds[random.Next(kinds.Length)], random.Next(5))).ToArray();
            var shuffled = writes.ToArray();
            random.Shuffle(shuffled);
            Assert.Equal(Fold(writes), Fold(shuffled));
        }
    }

    private static string Fold(params TraitWrite[] writes) => JsonSerializer.Serialize(Traits.Of(writes));

    private static TraitWrite Set(long ts, string name, object value) => Write(ts, name, TraitOperation.Set, value);

    private static TraitWrite Once(long ts, string name, object value) => Write(ts, name, TraitOperation.SetOnce, value);

    private static TraitWrite Unset(long ts, string name) => Write(ts, name, TraitOperation.Unset, null);

    private static TraitWrite Write(long ts, string name, TraitOperation operation, object? value) =>
        new(name, ts, Guid.CreateVersion7(), operation, JsonSerializer.SerializeToElement(value));
}
