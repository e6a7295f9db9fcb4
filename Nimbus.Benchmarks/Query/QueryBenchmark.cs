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

    private const int ManyPeople = 500_000;

    public static async Task RunAsync(QueryPlan plan, CancellationToken ct)
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
            var run = new Run(nimbus, gateway, api, folder, plan);
            try
            {
                await run.AskAllAsync("compared", new DataSet(Math.Min(plan.Events, ComparedEvents), 5_000), withSql: true, ct);
                await run.AskAllAsync(People(plan.People[0]), new DataSet(plan.Events, plan.People[0]), withSql: true, ct, restarts: true);
                if (plan.Freshness) await run.WatchFreshnessAsync(ct);
                foreach (var count in plan.People[1..])
                    await run.AskAllAsync(People(count), new DataSet(plan.Events, count), withSql: true, ct);
                if (plan.WholeMinutes)
                    await run.AskFunnelAsync("whole minutes", new DataSet(plan.Events, plan.People[0], WholeMinutes: true), ct);
                foreach (var size in plan.Growth ? (long[])[plan.Events / 10, plan.Events * 3] : [])
                    await run.AskAllAsync($"{size:N0} events", new DataSet(size, plan.People[0]), withSql: false, ct);
            }
            finally
            {
                // What was found is told, also where something failed on the way.
                await run.ReportAsync(CancellationToken.None);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string People(int count) => $"{count:N0} people";

    /// <summary>What one question took.</summary>
    /// <param name="ColdMs">The median of answers to questions that no cache knows.</param>
    /// <param name="WarmMs">The median of answers to the same question.</param>
    /// <param name="SqlMs">NaN where it took longer than it may, or was not asked.</param>
    /// <param name="Agrees">Null where SQL had no answer.</param>
    private sealed record Figure(
        string DataSet, string Question, double GoalMs, double ColdMs, double ColdP90Ms, double WarmMs, bool WasAsked, double SqlMs, bool? Agrees)
    {
        public double SpeedUp => SqlMs / ColdMs;

        public bool IsMet => ColdMs < GoalMs;
    }

    /// <summary>What it took to have a data set ready.</summary>
    private sealed record Built(
        string DataSet, long Events, double LoadSeconds, double EventsPerSecond, double BytesPerEvent, double ResidentMb = double.NaN,
        double ResidentAnonymousMb = double.NaN, double RestartSeconds = double.NaN);

    private sealed class Run(RunningNimbus nimbus, HttpClient gateway, NimbusApi api, string folder, QueryPlan plan)
    {
        private readonly long _begun = Stopwatch.GetTimestamp();
        private readonly List<Figure> _figures = [];
        private readonly List<Built> _built = [];
        private readonly List<string> _skipped = [];
        private Freshness.FreshnessFigures? _freshness;

        public async Task AskAllAsync(string name, DataSet data, bool withSql, CancellationToken ct, bool restarts = false)
        {
            if (!HasTimeFor(name, data)) return;
            var project = await BuildAsync(name, data, ct);
            var manyPeople = data.People > ManyPeople;
            foreach (var question in Question.All(project, manyPeople))
                _figures.Add(await AskAsync(name, question, withSql, ct));
            await RememberResidentAsync(name, ct);
            await DataSet.MergeAsync(nimbus.Events, project, ct);
            _figures.Add(await AskAsync(name, Question.FunnelOf("funnel, 20 % of the ids merged", manyPeople ? 150 : 90, project), withSql, ct));
            if (restarts) await RestartAsync(name, project, ct);
            await DataSet.ForgetAsync(nimbus.Events, ct);
        }

        public async Task AskFunnelAsync(string name, DataSet data, CancellationToken ct)
        {
            if (!HasTimeFor(name, data)) return;
            var project = await BuildAsync(name, data, ct);
            _figures.Add(await AskAsync(name, Question.FunnelOf("funnel of 3 steps", data.People > ManyPeople ? 150 : 90, project), withSql: false, ct));
            await DataSet.ForgetAsync(nimbus.Events, ct);
        }

        public async Task WatchFreshnessAsync(CancellationToken ct)
        {
            Say("freshness: watching events from their 202 on");
            _freshness = await Freshness.FreshnessBenchmark.WatchAsync(nimbus, gateway, api, samples: 150, load: 2_000, ct);
        }

        public async Task ReportAsync(CancellationToken ct)
        {
            var machine = await Machine.ThisAsync(nimbus.Events, ct);
            var answers = new Table("question", "data set", "goal ms", "cold p50 ms", "met", "cold p90 ms", "warm p50 ms", "SQL ms", "times faster", "answers agree");
            foreach (var f in _figures)
                answers.Add(f.Question, f.DataSet, Ms(f.GoalMs), Ms(f.ColdMs), f.IsMet ? "yes" : "NO", Ms(f.ColdP90Ms), Ms(f.WarmMs),
                    !f.WasAsked ? "–" : double.IsNaN(f.SqlMs) ? $"> {plan.SqlTimeout.TotalMilliseconds:N0}" : Ms(f.SqlMs),
                    !f.WasAsked ? "–" : double.IsNaN(f.SqlMs) ? $"> {plan.SqlTimeout.TotalMilliseconds / f.ColdMs:N0}" : $"{f.SpeedUp:N0}",
                    f.Agrees switch { true => "yes", false => "NO", null => "–" });
            var built = new Table(
                "data set", "events", "load s", "built events/s (goal 300,000)", "bytes/event (goal 30)", "resident MB (goal 1,000)", "of it not mapped", "killed to first answer s");
            foreach (var b in _built)
                built.Add(b.DataSet, $"{b.Events:N0}", $"{b.LoadSeconds:N0}", $"{b.EventsPerSecond:N0}", $"{b.BytesPerEvent:N1}", Known(b.ResidentMb), Known(b.ResidentAnonymousMb),
                    double.IsNaN(b.RestartSeconds) ? "–" : $"{b.RestartSeconds:N1}");
            var bandwidth = Memory.GigabytesPerSecond();
            List<Table> tables = [answers, built];
            if (_freshness is not null) tables.Add(_freshness.Table());
            tables.Add(new Table("memory", "").Add("read by one thread", $"{bandwidth:N1} GB/s"));
            if (_skipped.Count > 0) tables.Add(new Table("left out: no time any more").AddAll(_skipped));
            Report.Print("query", machine, new
            {
                events = plan.Events,
                minutes = Stopwatch.GetElapsedTime(_begun).TotalMinutes,
                memory_gb_per_second = bandwidth,
                answers = _figures,
                built = _built,
                freshness = _freshness,
                skipped = _skipped,
            }, tables);
        }

        private static string Known(double megabytes) => double.IsNaN(megabytes) ? "–" : $"{megabytes:N0}";

        private static void Say(string what) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {what}");

        // Loading, building, asking: by how fast the sets before it were, or else how fast a small machine is.
        private bool HasTimeFor(string name, DataSet data)
        {
            var rate = _built.Where(built => built.Events >= 1_000_000).Select(built => built.Events / built.LoadSeconds).DefaultIfEmpty(60_000).Min();
            var expected = TimeSpan.FromSeconds((data.Events / rate * 1.4) + 60);
            if (Stopwatch.GetElapsedTime(_begun) + expected <= plan.AtMost) return true;
            Say($"{name}: left out, it would take about {expected.TotalMinutes:N0} minutes");
            _skipped.Add(name);
            return false;
        }

        // Its segments are there; how long it is until the first answer.
        private async Task RestartAsync(string name, Guid project, CancellationToken ct)
        {
            if (await nimbus.ProcessIdAsync("query", ct) is not { } process) return;
            Say($"{name}: killing the query service");
            using (var killed = Process.GetProcessById(process)) killed.Kill();
            var begun = Stopwatch.GetTimestamp();
            await FirstAnswerAsync(Question.FunnelOf(name, 0, project), ct);
            var i = _built.FindIndex(built => built.DataSet == name);
            _built[i] = _built[i] with { RestartSeconds = Stopwatch.GetElapsedTime(begun).TotalSeconds };
        }

        private async Task<Guid> BuildAsync(string name, DataSet data, CancellationToken ct)
        {
            var project = (await api.CreateProjectAsync(name, ct: ct)).Project.Id;
            Say($"{name}: loading {data.Events:N0} events of {data.People:N0} people");
            var watch = Stopwatch.StartNew();
            await data.StoreAsync(nimbus.Events, project, ct);
            var load = watch.Elapsed;
            Say($"{name}: loaded in {load.TotalSeconds:N0} s, building");

            var bytes = BytesOnDisk();
            watch.Restart();
            await FirstAnswerAsync(Question.FunnelOf(name, 0, project), ct);
            var seconds = watch.Elapsed.TotalSeconds;
            _built.Add(new(name, data.Events, load.TotalSeconds, data.Events / seconds, (BytesOnDisk() - bytes) / (double)data.Events));
            return project;
        }

        // 503 while it is built, 502 and 504 while it is started.
        private async Task FirstAnswerAsync(Question question, CancellationToken ct)
        {
            while (true)
            {
                using var response = await gateway.SendAsync(question.Request(DataSet.From.AddMinutes(1)), ct);
                if (response.IsSuccessStatusCode) return;
                if (response.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout))
                    throw new InvalidOperationException(await response.Content.ReadAsStringAsync(ct));
                await Task.Delay(50, ct);
            }
        }

        private async Task<Figure> AskAsync(string name, Question question, bool withSql, CancellationToken ct)
        {
            // Compiled and paged in; then ranges that end a little earlier each time.
            for (var i = 0; i < 3; i++) await TimeAsync(question, DataSet.To.AddSeconds(-i - 1), ct);
            var cold = new List<double>();
            for (var i = 0; i < plan.Runs; i++) cold.Add((await TimeAsync(question, DataSet.To.AddMilliseconds(-i - 1), ct)).Ms);
            var warm = new List<double>();
            for (var i = 0; i < plan.Runs; i++) warm.Add((await TimeAsync(question, DataSet.To, ct)).Ms);
            var (_, answer) = await TimeAsync(question, DataSet.To, ct);

            var (sqlMs, rows) = withSql ? await SqlAsync(question.Sql(DataSet.To), ct) : (double.NaN, null);
            cold.Sort();
            var figure = new Figure(
                name, question.Name, question.GoalMs, Report.Median(cold), Report.Percentile(cold, 0.9), Report.Median(warm), withSql, sqlMs,
                rows is null ? null : question.Agree(answer, rows));
            Say($"{name}: {question.Name}: {Ms(figure.ColdMs)} ms, SQL {Ms(sqlMs)} ms{(figure.Agrees == false ? ", AND THEY DISAGREE" : "")}");
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
                var rows = await question.AskAsync(connection, plan.SqlTimeout, ct);
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
    }
}
