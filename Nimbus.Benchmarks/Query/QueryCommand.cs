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
        var sqlTimeout = new Option<int>("--sql-timeout") { Description = "Seconds a question in SQL may take.", DefaultValueFactory = _ => 10 };
        var minutes = new Option<bool>("--whole-minutes")
        {
            Description = "One more data set, whose times have no seconds.",
            DefaultValueFactory = _ => true,
        };
        var growth = new Option<bool>("--growth") { Description = "A tenth of the events too, and three times as many.", DefaultValueFactory = _ => true };
        var freshness = new Option<bool>("--freshness") { Description = "How long after its 202 an event is in the answers.", DefaultValueFactory = _ => true };
        var atMost = new Option<int>("--minutes") { Description = "What would take longer than this in all is left out.", DefaultValueFactory = _ => 30 };
        var command = new Command("query", "Answers of the query service over HTTP, beside the naive SQL on the same PostgreSQL.")
        {
            events, people, runs, sqlTimeout, minutes, growth, freshness, atMost,
        };
        command.SetAction((parsed, ct) => QueryBenchmark.RunAsync(
            new QueryPlan(
                parsed.GetValue(events), parsed.GetValue(people)!, parsed.GetValue(minutes), parsed.GetValue(growth), parsed.GetValue(freshness),
                parsed.GetValue(runs), TimeSpan.FromSeconds(parsed.GetValue(sqlTimeout)), TimeSpan.FromMinutes(parsed.GetValue(atMost))), ct));
        return command;
    }
}
