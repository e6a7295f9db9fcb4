using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Nimbus.Client;
using Nimbus.Tests.Query.Sql;
using Npgsql;

namespace Nimbus.Benchmarks.Query;

/// <summary>
/// Loads data sets into eventsdb, lets the query service build them, and asks each question through the gateway: always another
/// range, which no cache knows, and the same one again and again. Then the naive SQL, once, with its answer compared.
/// </summary>
internal static class QueryBenchmark
{
    // On so few events SQL is sure to finish, so every answer is compared somewhere.
    private const long ComparedEvents = 200_000;

    public static async Task RunAsync(long events, int[] people, bool wholeMinutes, int runs, TimeSpan sqlTimeout, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("nimbus-benchmark-").FullName;
        try
        {
            await using var nimbus = await RunningNimbus.StartAsync(
                ["--Nimbus:RateLimit:Enabled=false", $"--Nimbus:Engine:Folder={folder}", "--Nimbus:Query:Timeout=00:01:00"], ct);
            using var gateway = new HttpClient { BaseAddress = nimbus.Gateway, Timeout = TimeSpan.FromMinutes(5) };
            using var api = new NimbusApi(gateway);
            var session = await api.RegisterAsync($"{Guid.CreateVersion7():N}@example.com", "correct horse battery", ct: ct);
            gateway.DefaultRequestHeaders.Authorization = new("Bearer", session.AccessToken);
            var run = new Run(nimbus, gateway, api, folder, runs, sqlTimeout);

            await run.AskAllAsync("compared", new DataSet(Math.Min(events, ComparedEvents), 5_000), ct);
            foreach (var count in people)
                await run.AskAllAsync($"{count:N0} people", new DataSet(events, count), ct);
            if (wholeMinutes)
                await run.AskFunnelAsync("times of whole minutes", new DataSet(events, people[0], WholeMinutes: true), ct);
            await run.ReportAsync(events, ct);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What one question took.</summary>
    /// <param name="ColdMs">The median of answers to questions that no cache knows.</param>
    /// <param name="WarmMs">The median of answers to the same question.</param>
    /// <param name="SqlMs">NaN where it took longer than it may.</param>
    /// <param name="Agrees">Null where SQL had no answer.</param>
    private sealed record Figure(
        string DataSet, string Question, double GoalMs, double ColdMs, double ColdP90Ms, double WarmMs, double SqlMs, bool? Agrees)
    {
        public double SpeedUp => SqlMs / ColdMs;
    }

    /// <summary>What it took to have a data set ready.</summary>
    private sealed record Built(
        string DataSet, long Events, double LoadSeconds, double EventsPerSecond, double BytesPerEvent, double ResidentMb, double ResidentAnonymousMb);

    private sealed class Run(RunningNimbus nimbus, HttpClient gateway, NimbusApi api, string folder, int runs, TimeSpan sqlTimeout)
    {
        private readonly List<Figure> _figures = [];
        private readonly List<Built> _built = [];

        public async Task AskAllAsync(string name, DataSet data, CancellationToken ct)
        {
            var project = await BuildAsync(name, data, ct);
            var manyPeople = data.People > 500_000;
            foreach (var question in Question.All(project, manyPeople))
                _figures.Add(await AskAsync(name, question, ct));
            await DataSet.MergeAsync(nimbus.Events, project, ct);
            _figures.Add(await AskAsync(name, Question.FunnelOf("funnel, 20 % of the ids merged", manyPeople ? 150 : 90, project), ct));
            await RememberResidentAsync(name, ct);
        }

        public async Task AskFunnelAsync(string name, DataSet data, CancellationToken ct)
        {
            var project = await BuildAsync(name, data, ct);
            _figures.Add(await AskAsync(name, Question.FunnelOf("funnel of 3 steps", data.People > 500_000 ? 150 : 90, project), ct));
        }

        public async Task ReportAsync(long events, CancellationToken ct)
        {
            var machine = await Machine.ThisAsync(nimbus.Events, ct);
            var answers = new Table("question", "data set", "goal ms", "cold p50 ms", "cold p90 ms", "warm p50 ms", "SQL ms", "times faster", "answers agree");
            foreach (var f in _figures)
                answers.Add(f.Question, f.DataSet, Ms(f.GoalMs), Ms(f.ColdMs), Ms(f.ColdP90Ms), Ms(f.WarmMs),
                    double.IsNaN(f.SqlMs) ? $"> {sqlTimeout.TotalMilliseconds:N0}" : Ms(f.SqlMs),
                    double.IsNaN(f.SqlMs) ? $"> {sqlTimeout.TotalMilliseconds / f.ColdMs:N0}" : $"{f.SpeedUp:N0}",
                    f.Agrees switch { true => "yes", false => "NO", null => "–" });
            var built = new Table("data set", "events", "load s", "built events/s", "bytes/event on disk", "resident MB", "of it not mapped MB");
            foreach (var b in _built)
                built.Add(b.DataSet, $"{b.Events:N0}", $"{b.LoadSeconds:N0}", $"{b.EventsPerSecond:N0}", $"{b.BytesPerEvent:N1}", $"{b.ResidentMb:N0}", $"{b.ResidentAnonymousMb:N0}");
            var bandwidth = MemoryBandwidth();
            Report.Print("query", machine, new { events, memory_gb_per_second = bandwidth, answers = _figures, built = _built },
                answers, built, new Table("memory", "").Add("read by one thread", $"{bandwidth:N1} GB/s"));
        }

        private async Task<Guid> BuildAsync(string name, DataSet data, CancellationToken ct)
        {
            var project = (await api.CreateProjectAsync(name, ct: ct)).Project.Id;
            Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {name}: loading {data.Events:N0} events of {data.People:N0} people");
            var watch = Stopwatch.StartNew();
            await data.StoreAsync(nimbus.Events, project, ct);
            var load = watch.Elapsed;
            Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {name}: loaded in {load.TotalSeconds:N0} s, building");

            var bytes = BytesOnDisk();
            watch.Restart();
            // 503 while it is built.
            while (true)
            {
                using var response = await gateway.SendAsync(Question.FunnelOf(name, 0, project).Request(DataSet.From.AddMinutes(1)), ct);
                if (response.IsSuccessStatusCode) break;
                if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                    throw new InvalidOperationException(await response.Content.ReadAsStringAsync(ct));
                await Task.Delay(100, ct);
            }
            var seconds = watch.Elapsed.TotalSeconds;
            _built.Add(new(name, data.Events, load.TotalSeconds, data.Events / seconds, (BytesOnDisk() - bytes) / (double)data.Events, double.NaN, double.NaN));
            return project;
        }

        private async Task<Figure> AskAsync(string name, Question question, CancellationToken ct)
        {
            // Compiled and paged in; then ranges that end a little earlier each time.
            for (var i = 0; i < 3; i++) await TimeAsync(question, DataSet.To.AddSeconds(-i - 1), ct);
            var cold = new List<double>();
            for (var i = 0; i < runs; i++) cold.Add((await TimeAsync(question, DataSet.To.AddMilliseconds(-i - 1), ct)).Ms);
            var warm = new List<double>();
            for (var i = 0; i < runs; i++) warm.Add((await TimeAsync(question, DataSet.To, ct)).Ms);
            var (_, answer) = await TimeAsync(question, DataSet.To, ct);

            var (sqlMs, rows) = await SqlAsync(question.Sql(DataSet.To), ct);
            cold.Sort();
            var figure = new Figure(
                name, question.Name, question.GoalMs, Report.Median(cold), Report.Percentile(cold, 0.9), Report.Median(warm), sqlMs,
                rows is null ? null : question.Agree(answer, rows));
            Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {name}: {question.Name}: {Ms(figure.ColdMs)} ms, SQL {Ms(sqlMs)} ms{(figure.Agrees == false ? ", AND THEY DISAGREE" : "")}");
            return figure;
        }

        private async Task<(double Ms, JsonElement Answer)> TimeAsync(Question question, DateTime to, CancellationToken ct)
        {
            using var request = question.Request(to);
            var watch = Stopwatch.GetTimestamp();
            using var response = await gateway.SendAsync(request, ct);
            var body = await response.Content.ReadAsByteArrayAsync(ct);
            var ms = Stopwatch.GetElapsedTime(watch).TotalMilliseconds;
            if (!response.IsSuccessStatusCode)
                throw new InvalidOperationException($"{question.Name}: {System.Text.Encoding.UTF8.GetString(body)}");
            return (ms, JsonDocument.Parse(body).RootElement);
        }

        private async Task<(double Ms, List<object?[]>? Rows)> SqlAsync(SqlQuestion question, CancellationToken ct)
        {
            await using var connection = await nimbus.Events.OpenConnectionAsync(ct);
            // As one would set the server for such questions; of the sizes of subqueries the planner knows nothing.
            await using (var settings = new NpgsqlCommand("SET work_mem = '512MB'; SET max_parallel_workers_per_gather = 2; SET jit = off; SET enable_nestloop = off", connection))
                await settings.ExecuteNonQueryAsync(ct);
            var watch = Stopwatch.GetTimestamp();
            try
            {
                var rows = await question.AskAsync(connection, sqlTimeout, ct);
                return (Stopwatch.GetElapsedTime(watch).TotalMilliseconds, rows);
            }
            catch (NpgsqlException e) when (e.InnerException is TimeoutException)
            {
                return (double.NaN, null);
            }
        }

        private async Task RememberResidentAsync(string name, CancellationToken ct)
        {
            if (await nimbus.ProcessIdAsync("query", ct) is not { } process) return;
            double Kilobytes(string field) => double.Parse(
                File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal),
                CultureInfo.InvariantCulture);
            var i = _built.FindIndex(built => built.DataSet == name);
            _built[i] = _built[i] with { ResidentMb = Kilobytes("VmRSS") / 1024, ResidentAnonymousMb = Kilobytes("RssAnon") / 1024 };
        }

        private long BytesOnDisk() => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

        private static string Ms(double ms) => ms < 100 ? $"{ms:N1}" : $"{ms:N0}";

        // What no scan of memory can beat: adding up more than any cache holds.
        private static double MemoryBandwidth()
        {
            var numbers = new long[64 << 20];
            Array.Fill(numbers, 1);
            var best = 0.0;
            for (var i = 0; i < 5; i++)
            {
                var watch = Stopwatch.GetTimestamp();
                var sum = System.Numerics.Vector<long>.Zero;
                foreach (var vector in System.Runtime.InteropServices.MemoryMarshal.Cast<long, System.Numerics.Vector<long>>(numbers)) sum += vector;
                best = Math.Max(best, numbers.Length * 8.0 / Stopwatch.GetElapsedTime(watch).TotalSeconds / 1e9);
                GC.KeepAlive(sum);
            }
            return best;
        }
    }
}
