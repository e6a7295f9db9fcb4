using Nimbus.IngestService.Writing;

namespace Nimbus.Tests.Ingest;

public class CanonicalIdsTests
{
    private static IdEdge Link(long anonymous, long user, long ts, string rawUser) =>
        new(anonymous, user, IdEdgeKind.Link, ts, rawUser);

    private static IdEdge Alias(long a, long b) => new(a, b, IdEdgeKind.Alias, 0, "");

    [Fact]
    public void An_id_alone_is_its_own_person() => Assert.Equal(7, CanonicalIds.Of([7], [])[7]);

    [Fact]
    public void The_smallest_key_is_the_canonical_one()
    {
        var canonical = CanonicalIds.Of([5, 3, 9], [Link(9, 5, 0, "a"), Alias(5, 3)]);
        Assert.Equal([3L, 3, 3], [canonical[3], canonical[5], canonical[9]]);
    }

    [Fact]
    public void A_shared_device_belongs_to_its_first_user_and_does_not_join_its_users()
    {
        // Device 1 was seen with user 3 at 10 and with user 2 at 20.
        var canonical = CanonicalIds.Of([1, 2, 3], [Link(1, 2, 20, "bob"), Link(1, 3, 10, "ada")]);
        Assert.Equal([1L, 2, 1], [canonical[1], canonical[2], canonical[3]]);
    }

    [Theory]
    [InlineData("ada", "bob", 2)]
    [InlineData("bob", "ada", 3)]
    // U+10000 comes after U+FFFD in UTF-8, and before it in UTF-16.
    [InlineData("\U00010000", "\uFFFD", 3)]
    public void At_the_same_time_the_smaller_user_id_is_the_first(string rawOf2, string rawOf3, long first)
    {
        var canonical = CanonicalIds.Of([1, 2, 3], [Link(1, 2, 10, rawOf2), Link(1, 3, 10, rawOf3)]);
        Assert.Equal(1, canonical[first]);
        Assert.NotEqual(1, canonical[first == 2 ? 3 : 2]);
    }

    [Fact]
    public void One_user_has_many_devices()
    {
        var canonical = CanonicalIds.Of([1, 2, 3, 4], [Link(2, 1, 5, "ada"), Link(3, 1, 6, "ada"), Link(4, 1, 7, "ada")]);
        Assert.All(canonical.Values, value => Assert.Equal(1, value));
    }

    [Fact]
    public void The_order_of_the_edges_makes_no_difference()
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var edges = Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(4) == 0
                ? Alias(random.Next(20), random.Next(20, 30))
                : Any(random)).ToArray();
            var ids = Enumerable.Range(0, 30).Select(i => (long)i).ToArray();

            var expected = CanonicalIds.Of(ids, edges);
            random.Shuffle(edges);
            random.Shuffle(ids);
            var actual = CanonicalIds.Of(ids, edges);

            Assert.Equal(expected.OrderBy(id => id.Key), actual.OrderBy(id => id.Key));
            Assert.All(actual, id => Assert.True(id.Value <= id.Key && actual[id.Value] == id.Value));
        }

        // Few times, so that ties are common.
        static IdEdge Any(Random random)
        {
            var user = random.Next(20, 30);
            return Link(random.Next(20), user, random.Next(3), $"user-{user}");
        }
    }
}
