using Nimbus.IngestService.Pipeline;
using static Nimbus.Tests.Ingest.Judging;

namespace Nimbus.Tests.Ingest;

public class EventTimeTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01T00:00:01.5Z", 1500)]
    // The rest below the millisecond is cut off, not rounded.
    [InlineData("1970-01-01T00:00:00.0019999Z", 1)]
    [InlineData("1970-01-01T00:00:00.001999999Z", 1)]
    [InlineData("1970-01-01T02:00:00+02:00", 0)]
    [InlineData("1969-12-31T18:30:00-05:30", 0)]
    [InlineData("1970-01-01t00:00:00z", 0)]
    [InlineData("1970-01-01 00:00:00+00:00", 0)]
    [InlineData("1970-01-01T00:00:00", 0)]
    [InlineData("1970-01-01T00:01Z", 60_000)]
    public void Times_are_read_to_the_millisecond_in_utc(string text, long expected)
    {
        Assert.True(EventTime.TryParse(text, out var actual));
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData("1970-01-01")]
    [InlineData("01/02/2026 10:00:00")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-01-01T00:00:00Zx")]
    [InlineData("2026-01-01T00:00:00.Z\u0000")]
    public void Other_times_are_not_guessed_at(string text) => Assert.False(EventTime.TryParse(text, out _));

    [Theory]
    // Received on 2026-03-01 at 12:00:00.000, so up to 2026-03-02 at the same time.
    [InlineData("2026-03-02T12:00:00.000Z", null)]
    [InlineData("2026-03-02T12:00:00.001Z", DropReason.TsInFuture)]
    [InlineData("1971-01-01T00:00:00.000Z", null)]
    [InlineData("1970-12-31T23:59:59.999Z", DropReason.TsTooOld)]
    public void Times_lie_between_1971_and_a_day_ahead(string ts, DropReason? reason)
    {
        var result = Batch($$"""{"events":[{"name":"a","ts":"{{ts}}"}]}""");
        Assert.Equal(reason, result.Dropped.Count == 0 ? null : result.Dropped[0].Reason);
    }
}
