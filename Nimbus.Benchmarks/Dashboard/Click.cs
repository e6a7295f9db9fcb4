using System.Globalization;
using Nimbus.Benchmarks.Query;

namespace Nimbus.Benchmarks.Dashboard;

/// <summary>A page with an answer, and a choice on it that asks for another.</summary>
/// <param name="Address">Of the page, behind the project's; its range is added.</param>
/// <param name="Field">What is chosen in.</param>
internal sealed record Click(string Name, string Address, string Chart, string Field, string Option)
{
    private const string Steps = "%5B%7B%22event%22%3A%22view%22%7D%2C%7B%22event%22%3A%22add%22%7D%2C%7B%22event%22%3A%22buy%22%7D%5D";

    public static readonly Click[] All =
    [
        new("unique people per day, 90 days", "trends?", "Trends", "Measured by", "Unique people"),
        new("unique people per day by country", "trends?breakdown=%7B%22source%22%3A%22prop%22%2C%22key%22%3A%22country%22%7D", "Trends", "Measured by", "Unique people"),
        new("events per hour, 90 days", "trends?", "Trends", "By", "Hour"),
        new("funnel of 3 steps", $"funnels?steps={Steps}", "Funnels", "Within", "a day"),
        new("retention by day", "retention?start=open&returning=view&windows=30", "Retention", "Who begins", "Whoever did it"),
        new("lifecycle", "lifecycle?", "Lifecycle", "By", "Week"),
    ];

    /// <summary>The page's address; each run ends a day earlier.</summary>
    public string Of(int run) => string.Create(CultureInfo.InvariantCulture,
        $"{Address}{(Address.EndsWith('?') ? "" : "&")}range=custom&from={DataSet.From:yyyy-MM-dd}&to={DataSet.To.AddDays(-1 - run):yyyy-MM-dd}");
}
