using Nimbus.IngestService.Capture;

namespace Nimbus.Tests.Ingest;

public class RecentKeysTests
{
    private static Guid Key(int number) => new(number, 0, 0, new byte[8]);

    [Fact]
    public void A_key_is_known_once_its_entry_is_taken_and_twice_in_one_request()
    {
        var recent = new RecentKeys(10);
        Assert.Equal(1, recent.CountKnown([Key(1), Key(2), Key(1)]));
        recent.Add([Key(1), Key(2)]);
        Assert.Equal(2, recent.CountKnown([Key(1), Key(2), Key(3)]));
    }

    [Fact]
    public void A_key_is_remembered_for_a_whole_generation_at_least()
    {
        var recent = new RecentKeys(10);
        recent.Add([.. Enumerable.Range(0, 25).Select(Key)]);
        Assert.Equal(15, recent.CountKnown([.. Enumerable.Range(0, 25).Select(Key)]));
    }
}
