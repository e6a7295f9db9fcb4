using System.IO.Compression;
using System.Text;
using Nimbus.Cli;
using Nimbus.Tests.Client;

namespace Nimbus.Tests.Cli;

public sealed class ImportTests : IAsyncLifetime, IDisposable
{
    private const string Header = "event_id,occurred_at,user_id,event_type,properties_json\n";

    private readonly WorkFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Every_row_of_a_compressed_file_arrives_once_although_requests_fail_on_the_way()
    {
        var file = _folder.Path("shop.csv.gz");
        using (var gzip = new GZipStream(File.Create(file), CompressionMode.Compress))
            gzip.Write(Encoding.UTF8.GetBytes(Rows(5_000)));
        _server.FailNext(503);
        _server.ResetNext();
        _server.FailNext(429, retryAfter: "0");

        var exitCode = await ImportAsync(file, "--batch-size", "300");

        Assert.Equal(ExitCode.Done, exitCode);
        Assert.Equal(Ids(5_000), _server.Keys.Keys.Order());
        Assert.All(_server.Keys.Values, times => Assert.Equal(1, times));
        Assert.Contains("accepted                5,000", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(["shop.csv.gz"], _folder.Names());
    }

    [Fact]
    public async Task A_stopped_import_goes_on_after_the_rows_that_were_settled()
    {
        var file = _folder.Write("shop.csv", Rows(4_000));
        using var stop = new CancellationTokenSource();
        _server.Taken = taken =>
        {
            if (taken >= 1_000)
                stop.Cancel();
        };

        var stopped = await ImportAsync(file, stop.Token, "--batch-size", "100", "--in-flight", "2");
        var settled = _server.Events.Count;
        Assert.Equal(ExitCode.Stopped, stopped);
        Assert.InRange(settled, 1_000, 3_900);
        Assert.Equal(["shop.csv", "shop.nimbus-import.json"], _folder.Names());
        Assert.Contains("the same command goes on from there", _error.ToString(), StringComparison.Ordinal);

        _server.Taken = _ => { };
        var resumed = await ImportAsync(file, "--batch-size", "100", "--in-flight", "2");

        Assert.Equal(ExitCode.Done, resumed);
        Assert.Equal(Ids(4_000), _server.Keys.Keys.Order());
        // What was under way was answered before the first run ended, so nothing at all was sent twice.
        Assert.All(_server.Keys.Values, times => Assert.Equal(1, times));
        Assert.Contains($"resumed after    {settled,12:N0} rows", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(["shop.csv"], _folder.Names());
    }

    [Fact]
    public async Task Rows_that_are_bad_here_or_refused_there_are_listed_in_order_with_line_reason_and_text()
    {
        var file = _folder.Write("shop.csv", Header
            + "id1,2026-01-05T00:00:00Z,ada,signup,{}\n"
            + "id2,yesterday,ada,signup,{}\n"
            + "id3,2099-01-05T00:00:00Z,ada,late,\"{\"\"a\"\":1}\"\n"
            + "id4,2026-01-05T00:00:00Z,ada,signup,{\n"
            + "id5,2026-01-05T00:00:00Z,ada,signup,{}\n");
        _server.Refuse = e => e.GetProperty("name").GetString() == "late" ? "ts_in_future" : null;

        var exitCode = await ImportAsync(file);

        Assert.Equal(ExitCode.SomeRejected, exitCode);
        Assert.Equal(["id1", "id5"], _server.Keys.Keys.Order());
        var rejects = File.ReadAllLines(_folder.Path("shop.rejects.csv"));
        Assert.Equal(4, rejects.Length);
        Assert.Equal("line,reason,row", rejects[0]);
        Assert.StartsWith("3,occurred_at 'yesterday' is no RFC 3339 time,\"id2,", rejects[1], StringComparison.Ordinal);
        Assert.Equal("4,ts_in_future: refused,\"id3,2099-01-05T00:00:00Z,ada,late,\"\"{\"\"\"\"a\"\"\"\":1}\"\"\"", rejects[2]);
        Assert.StartsWith("5,properties_json is no JSON", rejects[3], StringComparison.Ordinal);
        Assert.Contains("rejected                    3", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_key_ends_the_import_with_one_line_and_what_is_in_stays_counted()
    {
        var file = _folder.Write("shop.csv", Rows(10));
        _server.FailNext(401);

        var exitCode = await ImportAsync(file);

        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.StartsWith("nimbus: 401 told_to: as told", _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("shop.nimbus-import.json", _folder.Names());
    }

    [Fact]
    public async Task A_server_that_stays_away_ends_the_import_when_told_to_give_up()
    {
        var file = _folder.Write("shop.csv", Rows(10));
        for (var i = 0; i < 100; i++)
            _server.FailNext(503);

        var exitCode = await ImportAsync(file, "--give-up-after", "1s");

        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("503", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("changed", "was changed since")]
    [InlineData("other key", "is unfinished")]
    public async Task An_unfinished_import_of_another_file_or_into_another_project_is_not_gone_on_with(string how, string said)
    {
        var file = _folder.Write("shop.csv", Rows(10));
        _server.FailNext(401);
        await ImportAsync(file);

        if (how == "changed")
            File.AppendAllText(file, "id9999,2026-01-05T00:00:00Z,ada,signup,{}\n");
        var exitCode = how == "changed" ? await ImportAsync(file) : await ImportAsync(file, "--key-id", "nbk_other");
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_server.Keys);

        Assert.Equal(ExitCode.Done, await ImportAsync(file, "--restart"));
        Assert.Equal(how == "changed" ? 11 : 10, _server.Keys.Count);
    }

    [Theory]
    [InlineData("there is no file", "missing.csv")]
    [InlineData("lacks", "header.csv")]
    [InlineData("is damaged", "torn.csv.gz")]
    [InlineData("is damaged", "broken-off.csv.gz")]
    public async Task A_file_that_cannot_be_imported_is_one_line_on_stderr(string said, string name)
    {
        _folder.Write("header.csv", "a,b\n");
        using (var whole = new MemoryStream())
        {
            using (var gzip = new GZipStream(whole, CompressionMode.Compress))
                gzip.Write(Encoding.UTF8.GetBytes(Rows(3_000)));
            var torn = whole.ToArray();
            File.WriteAllBytes(_folder.Path("broken-off.csv.gz"), torn[..(torn.Length / 2)]);
            torn.AsSpan(torn.Length / 2, 400).Clear();
            File.WriteAllBytes(_folder.Path("torn.csv.gz"), torn);
        }

        var exitCode = await ImportAsync(_folder.Path(name));

        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
        Assert.Single(_error.ToString().Trim().Split('\n'));
    }

    [Fact]
    public async Task Compressed_files_one_behind_the_other_are_read_to_the_end()
    {
        var file = _folder.Path("shop.csv.gz");
        using (var target = File.Create(file))
        {
            foreach (var part in Rows(100).Chunk(3_000))
            {
                using var gzip = new GZipStream(target, CompressionMode.Compress, leaveOpen: true);
                gzip.Write(Encoding.UTF8.GetBytes(part));
            }
        }

        Assert.Equal(ExitCode.Done, await ImportAsync(file));
        Assert.Equal(Ids(100), _server.Keys.Keys.Order());
    }

    [Theory]
    [InlineData("--batch-size", "0")]
    [InlineData("--batch-size", "1001")]
    [InlineData("--in-flight", "0")]
    [InlineData("--give-up-after", "soon")]
    [InlineData("--url", "localhost:8000")]
    public async Task An_option_out_of_its_range_is_refused_by_name(string option, string value)
    {
        var exitCode = await ImportAsync(_folder.Write("shop.csv", Rows(1)), option, value);

        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.NotEmpty(_error.ToString());
        Assert.Empty(_server.Requests);
    }

    private Task<int> ImportAsync(string file, params string[] options) => ImportAsync(file, CancellationToken.None, options);

    private Task<int> ImportAsync(string file, CancellationToken ct, params string[] options)
    {
        // Given twice, an option of a test would be an error: its own goes first.
        string[] usual = ["--url", _server.Address.AbsoluteUri, "--key-id", FakeServer.KeyId, "--secret", FakeServer.Secret];
        var kept = usual.Chunk(2).Where(pair => !options.Contains(pair[0])).SelectMany(pair => pair);
        return NimbusCommand.RunAsync(["import", file, .. options, .. kept], _output, _error, ct);
    }

    private static string Rows(int count) =>
        Header + string.Concat(Enumerable.Range(0, count).Select(i => $"id{i:D4},2026-01-05T00:00:00Z,ada,signup,\"{{\"\"n\"\":{i}}}\"\n"));

    private static IEnumerable<string> Ids(int count) => Enumerable.Range(0, count).Select(i => $"id{i:D4}");
}
