using System.CommandLine;

namespace Nimbus.Benchmarks.Query;

/// <summary><c>query</c>: how fast questions are answered, beside SQL on the same server.</summary>
internal static class QueryCommand
{
    public static Command Create()
    {
        var events = new Option<long>("--events") { Description = "Events of each data set.", DefaultValueFactory = _ => 10_000_000 };
        var people = new Option<int[]>("--people")
        {
            Description = "People of each data set.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [100_000, 1_000_000],
        };
        var runs = new Option<int>("--runs") { Description = "Each question is asked so often; the middle answer counts.", DefaultValueFactory = _ => 15 };
        var sqlTimeout = new Option<int>("--sql-timeout") { Description = "Seconds a question in SQL may take.", DefaultValueFactory = _ => 180 };
        var minutes = new Option<bool>("--whole-minutes")
        {
            Description = "One more data set, whose times have no seconds.",
            DefaultValueFactory = _ => true,
        };
        var command = new Command("query", "Answers of the query service over HTTP, beside the naive SQL on the same PostgreSQL.")
        {
            events, people, runs, sqlTimeout, minutes,
        };
        command.SetAction((parsed, ct) => QueryBenchmark.RunAsync(
            parsed.GetValue(events), parsed.GetValue(people)!, parsed.GetValue(minutes), parsed.GetValue(runs),
            TimeSpan.FromSeconds(parsed.GetValue(sqlTimeout)), ct));
        return command;
    }
}
