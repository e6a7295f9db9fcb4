using Nimbus.Client;

namespace Nimbus.Tests.Client;

public sealed class QueryPathTests
{
    private static readonly Guid Project = new("019b8d57-8641-7127-b3fa-ed2a8ef6f309");

    [Fact]
    public void A_metric_query_names_what_is_given_and_leaves_out_the_rest()
    {
        var query = new MetricQuery(Project)
        {
            Bucket = "1h",
            From = new DateTimeOffset(2026, 1, 5, 1, 0, 0, TimeSpan.FromHours(1)),
            Name = "a&b",
            Measure = "sum:amount",
            TimeZone = "America/St_Johns",
            Properties = new Dictionary<string, string> { ["plan"] = "50% off" },
        };

        Assert.Equal(
            $"v1/metrics?project_id={Project}&bucket=1h&from=2026-01-05T00%3A00%3A00Z&name=a%26b&measure=sum%3Aamount"
            + "&tz=America%2FSt_Johns&props.plan=50%25%20off",
            query.ToPath());
    }
}
