using Nimbus.Cli.Import;

namespace Nimbus.Tests.Cli;

public sealed class AcknowledgedPrefixTests
{
    [Fact]
    public void Outcomes_are_settled_in_order_once_all_before_them_are_there()
    {
        var prefix = new AcknowledgedPrefix<string>();

        Assert.Empty(prefix.Complete(2, "c"));
        Assert.Empty(prefix.Complete(1, "b"));
        Assert.Equal(["a", "b", "c"], prefix.Complete(0, "a"));
        Assert.Equal(["d"], prefix.Complete(3, "d"));
    }

    [Fact]
    public void Any_order_of_arrival_settles_each_outcome_once_and_in_order()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var arrival = Enumerable.Range(0, 50).ToArray();
            new Random(seed).Shuffle(arrival);
            var prefix = new AcknowledgedPrefix<int>();

            var settled = arrival.SelectMany(number => prefix.Complete(number, number)).ToList();

            Assert.Equal(Enumerable.Range(0, 50), settled);
        }
    }

    [Fact]
    public void The_same_number_twice_is_a_mistake_that_shows()
    {
        var prefix = new AcknowledgedPrefix<int>();
        prefix.Complete(0, 0);
        prefix.Complete(5, 5);

        Assert.Throws<ArgumentException>(() => prefix.Complete(0, 0));
        Assert.Throws<ArgumentException>(() => prefix.Complete(5, 5));
    }
}
