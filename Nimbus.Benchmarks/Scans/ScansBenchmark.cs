using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Nimbus.Benchmarks.Query;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Funnels;
using Nimbus.QueryService.Lifecycle;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Retention;
using Nimbus.QueryService.Trends;
using Nimbus.ServiceDefaults;
using NodaTime;

namespace Nimbus.Benchmarks.Scans;

/// <summary>Makes the segments of a data set, or maps those of another time, and asks the questions in this process.</summary>
internal static class ScansBenchmark
{
    private static readonly Guid Epoch = new("4d8bdd4c-6f0f-4b5e-9d56-0d3c3d4a6a01");

    public static void Run(DataSet data, bool merged, int threads, int runs, string? only, DirectoryInfo? keep)
    {
        var root = keep?.FullName ?? Directory.CreateTempSubdirectory("nimbus-scans-").FullName;
        try
        {
            using var project = new ScannedProject(data, Path.Combine(root, $"{data.Events}-{data.People}{(data.WholeMinutes ? "-minutes" : "")}"), Epoch, merged);
            using var snapshot = project.Open();
            var bandwidth = Memory.GigabytesPerSecond();
            var limits = new QueryLimits { Threads = threads };
            var table = new Table("scan", "p50 ms", "p90 ms", "best ms", "processor ms", "reads MB", "at least ms");
            var figures = new List<object>();
            foreach (var (name, columns, ask) in Questions().Where(question => only is null || question.Name.Contains(only, StringComparison.Ordinal)))
            {
                var took = new List<double>();
                var used = TimeSpan.Zero;
                for (var i = 0; i < runs + 3; i++)
                {
                    var begun = Stopwatch.GetTimestamp();
                    if (i == 3) used = Environment.CpuUsage.TotalTime;
                    ask(new QueryRun(snapshot, limits, CancellationToken.None));
                    if (i >= 3) took.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                }
                // All threads, those of the runtime too: on a busy machine it says more than the clock does.
                var processor = (Environment.CpuUsage.TotalTime - used).TotalMilliseconds / runs;
                took.Sort();
                var megabytes = columns.Sum(column => ColumnBytes(snapshot, column)) / 1e6;
                figures.Add(new { name, p50_ms = Report.Median(took), p90_ms = Report.Percentile(took, 0.9), best_ms = took[0], processor_ms = processor, reads_mb = megabytes });
                table.Add(name, $"{Report.Median(took):N1}", $"{Report.Percentile(took, 0.9):N1}", $"{took[0]:N1}", $"{processor:N1}", $"{megabytes:N0}", $"{megabytes / bandwidth:N1}");
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{data.Events:N0} events of {data.People:N0} people{(data.WholeMinutes ? ", whole minutes" : "")}{(merged ? ", 20 % of the ids merged" : "")}; {Environment.ProcessorCount} processors; {bandwidth:N1} GB/s"));
            Console.WriteLine(project.Made);
            table.Print(Console.Out);
            Console.WriteLine(JsonSerializer.Serialize(new { benchmark = "scans", data, merged, threads, gb_per_second = bandwidth, figures }));
        }
        finally
        {
            if (keep is null) Directory.Delete(root, recursive: true);
        }
    }

    private static IEnumerable<(string Name, string[] Columns, Action<QueryRun> Ask)> Questions()
    {
        const string Steps = """ "steps":[{"name":"view"},{"name":"add"},{"name":"buy"}],"window":"7d" """;
        string[] path = ["name", "person", "time"];
        yield return ("funnel", path, Funnel(Steps));
        yield return ("funnel by 50 values", [.. path, "country"], Funnel(Steps + """,  "group_by":{"prop":"country"} """));
        yield return ("funnel, strict", [.. path, "flags"], Funnel(Steps + """,  "order":"strict" """));
        yield return ("funnel, any order", path, Funnel(Steps + """,  "order":"any" """));
        yield return ("funnel with an exclusion", path, Funnel(Steps + """,  "exclude":[{"name":"refund"}] """));
        yield return ("users per day", ["person"], Ask(TrendsQuery.Read, TrendsReader.Run, """ "bucket":"1d","series":[{"measure":"users"}] """));
        yield return ("filter and groups", ["plan", "browser"], Ask(TrendsQuery.Read, TrendsReader.Run,
            """ "bucket":"1d","series":[{}],"where":{"prop":"plan","op":"eq","value":"plan-1"},"group_by":{"prop":"browser"} """));
        yield return ("daily retention, 30 days", path, Ask(RetentionQuery.Read, RetentionReader.Run,
            """ "bucket":"day","windows":30,"kind":"first_time","start":{"name":"open"},"return":{"name":"view"} """, days: 30));
        yield return ("retention, 90 cohorts", path, Ask(RetentionQuery.Read, RetentionReader.Run,
            """ "bucket":"day","windows":30,"kind":"recurring","start":{"name":"open"},"return":{"name":"view"} """));
        yield return ("lifecycle", path, Ask(LifecycleQuery.Read, LifecycleReader.Run, """ "bucket":"1w" """));
    }

    private static Action<QueryRun> Funnel(string document) => Ask(FunnelQuery.Read, FunnelReader.Run, document);

    private static Action<QueryRun> Ask<TQuery, TResult>(Func<QueryDocument, TQuery> read, Func<TQuery, QueryRun, TResult> run, string document, int days = DataSet.Days)
    {
        var json = $$"""{"from":"{{Text(DataSet.From)}}","to":"{{Text(DataSet.From.AddDays(days))}}",{{document}}}""";
        var query = new QueryDocument(
            JsonSerializer.Deserialize<JsonElement>(json), new ProjectMember(Guid.Empty, "owner", "UTC"), Instant.FromDateTimeUtc(DataSet.To));
        var question = read(query);
        if (query.Problem is not null) throw new InvalidOperationException(json);
        return work => run(question, work);
    }

    private static string Text(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>What a column takes where it is mapped: what a scan of it cannot but read.</summary>
    private static long ColumnBytes(ProjectSnapshot snapshot, string column)
    {
        var view = new BlockView();
        long bytes = 0;
        foreach (var block in snapshot.Blocks(long.MinValue, long.MaxValue))
        {
            view.Open(block);
            bytes += column switch
            {
                "flags" => 0,
                "time" => PackedInts.BytesOf(block.Count, WidthOfSteps(view.Times)),
                "name" => PackedInts.BytesOf(block.Count, WidthOf(view.Names)),
                "person" => PackedInts.BytesOf(block.Count, WidthOf(view.Persons)),
                _ => PackedInts.BytesOf(block.Count, WidthOf(view.Codes(snapshot.Column(PropertySource.Props, column)!))),
            };
        }
        return bytes;
    }

    private static int WidthOf(ReadOnlySpan<int> values)
    {
        var (least, most) = (int.MaxValue, int.MinValue);
        foreach (var value in values) (least, most) = (Math.Min(least, value), Math.Max(most, value));
        return PackedInts.WidthOf((uint)(most - least));
    }

    private static int WidthOfSteps(ReadOnlySpan<long> times)
    {
        long most = 0;
        for (var i = 1; i < times.Length; i++) most = Math.Max(most, times[i] - times[i - 1]);
        return PackedInts.WidthOf((uint)most);
    }
}
