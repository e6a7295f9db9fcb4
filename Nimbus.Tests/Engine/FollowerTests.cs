using Nimbus.Events;
using Nimbus.QueryService.Engine;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Engine;

/// <summary>Whatever happens to a project, the engine has what eventsdb has.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class FollowerTests(NimbusSystem nimbus) : IAsyncLifetime, IDisposable
{
    private const long Day = 86_400_000;
    private static readonly long Start = new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly EngineFolder _folder = new();
    private NpgsqlDataSource _database = null!;
    private EngineProject _project = null!;

    public async Task InitializeAsync()
    {
        _database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        _project = new EngineProject(_database);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Random_changes_and_restarts(int seed)
    {
        var random = new Random(seed);
        var engine = new EngineUnderTest(_database, _folder.Path);
        var clock = Start;
        for (var step = 0; step < 60; step++)
        {
            switch (random.Next(14))
            {
                case 0:
                    await _project.JoinAsync($"u{random.Next(5)}", $"a{random.Next(20)}", $"a{random.Next(20)}");
                    break;
                case 1:
                    await _project.JoinAsync(null, $"a{random.Next(20)}");
                    break;
                case 2 when step > 10:
                    var from = Start + random.NextInt64(clock - Start);
                    await _project.DeleteAsync("name_code = 1", from, from + random.NextInt64(3 * Day));
                    break;
                case 3:
                    await _project.TouchAsync();
                    break;
                case 4:
                    if (random.Next(2) == 0)
                        await engine.Projects.CloseAsync();
                    engine.Dispose();
                    engine = new EngineUnderTest(_database, _folder.Path);
                    break;
                default:
                    clock += random.NextInt64(Day / 2);
                    await _project.StoreAsync([.. Enumerable.Range(0, random.Next(1, 120)).Select(_ => Event(random, clock))]);
                    break;
            }
            if (random.Next(3) > 0)
                await AssertSameAsync(engine);
        }
        await AssertSameAsync(engine);
        engine.Dispose();
        using var fresh = new EngineUnderTest(_database);
        await AssertSameAsync(fresh);
    }

    [Fact]
    public async Task An_empty_project_is_empty_and_then_no_longer()
    {
        using var engine = new EngineUnderTest(_database, _folder.Path);
        using (var nothing = await engine.Projects.OpenAsync(_project.Id, default))
        {
            Assert.Equal(0, nothing.Watermark);
            Assert.Empty(nothing.Blocks(long.MinValue, long.MaxValue));
            Assert.Empty(nothing.CountByMinute([0, 60_000]));
        }
        await _project.StoreAsync(new EngineEvent(Start, "a", "u"));
        await AssertSameAsync(engine);
    }

    [Fact]
    public async Task A_snapshot_stays_as_it_was_while_the_project_changes()
    {
        using var engine = new EngineUnderTest(_database, _folder.Path);
        var random = new Random(5);
        for (var day = 0; day < 4; day++)
            await _project.StoreAsync([.. Enumerable.Range(0, 200).Select(_ => Event(random, Start + (day * Day)))]);
        using var before = await engine.Projects.OpenAsync(_project.Id, default);
        var rows = EngineUnderTest.Rows(before);

        await _project.DeleteAsync("true", Start, Start + Day);
        await _project.JoinAsync("u1", "u2", "u3", "a4");
        await _project.StoreAsync([.. Enumerable.Range(0, 300).Select(_ => Event(random, Start + (2 * Day)))]);
        await AssertSameAsync(engine);
        await engine.Projects.CloseAsync();

        Assert.Equal(rows, EngineUnderTest.Rows(before));
    }

    [Fact]
    public async Task What_is_in_the_files_is_not_read_from_the_database_again()
    {
        var random = new Random(6);
        using (var first = new EngineUnderTest(_database, _folder.Path))
        {
            for (var day = 0; day < 5; day++)
                await _project.StoreAsync([.. Enumerable.Range(0, 150).Select(_ => Event(random, Start + (day * Day)))]);
            await first.RowsAsync(_project.Id);
        }
        var rows = await _project.RowsAsync();
        // Behind the engine's back: only who reads these days again can know.
        await _project.ExecuteAsync($"DELETE FROM events WHERE project_id = $1 AND ts < to_timestamp({(Start + Day) / 1000})");

        using var second = new EngineUnderTest(_database, _folder.Path);
        Assert.Equal(rows.Order(StringComparer.Ordinal), (await second.RowsAsync(_project.Id)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("terms")]
    [InlineData("segment")]
    [InlineData("late")]
    public async Task A_file_that_is_broken_cut_off_or_missing_has_the_project_built_anew(string kind)
    {
        var random = new Random(7);
        for (var breakage = 0; breakage < 3; breakage++)
        {
            using (var first = new EngineUnderTest(_database, _folder.Path))
            {
                for (var day = 0; day < 3; day++)
                {
                    await _project.StoreAsync([.. Enumerable.Range(0, 300).Select(_ => Event(random, Start + (day * Day)))]);
                    await first.RowsAsync(_project.Id);
                }
                await _project.StoreAsync(Event(random, Start));
                await first.RowsAsync(_project.Id);
                await first.Projects.CloseAsync();
            }
            var file = Directory.GetFiles(Path.Combine(_folder.Path, _project.Id.ToString("N")), $"{kind}*").Order(StringComparer.Ordinal).First();
            var whole = await File.ReadAllBytesAsync(file);
            whole[^(whole.Length / 3)] ^= 4;
            if (breakage == 0)
                await File.WriteAllBytesAsync(file, whole);
            else if (breakage == 1)
                await File.WriteAllBytesAsync(file, whole[..(whole.Length / 2)]);
            else
                File.Delete(file);

            using var second = new EngineUnderTest(_database, _folder.Path);
            await AssertSameAsync(second);
            await second.Projects.CloseAsync();
            using var third = new EngineUnderTest(_database);
            await AssertSameAsync(third);
        }
    }

    [Fact]
    public async Task Missing_changes_have_the_project_built_anew()
    {
        using var engine = new EngineUnderTest(_database, _folder.Path);
        await _project.StoreAsync(new EngineEvent(Start, "a", "u"));
        await AssertSameAsync(engine);
        await _project.StoreAsync(new EngineEvent(Start + 1, "b", "v"), new EngineEvent(Start + Day, "b", "u"));
        await _project.StoreAsync(new EngineEvent(Start + 2, "c", "w"));
        await _project.ExecuteAsync("DELETE FROM outbox WHERE project_id = $1 AND n = 2");

        await AssertSameAsync(engine);
    }

    [Fact]
    public async Task A_project_whose_number_went_back_is_built_anew()
    {
        using var engine = new EngineUnderTest(_database, _folder.Path);
        await _project.StoreAsync(new EngineEvent(Start, "a", "u"));
        await _project.StoreAsync(new EngineEvent(Start + 1, "a", "v"));
        await AssertSameAsync(engine);
        await _project.ExecuteAsync("DELETE FROM events WHERE project_id = $1 AND name_code = 1 AND ts > to_timestamp(0)");
        await _project.ExecuteAsync("UPDATE project_seq SET n = 1 WHERE project_id = $1");

        Assert.Empty(await engine.RowsAsync(_project.Id));
    }

    [Fact]
    public async Task Values_that_nobody_has_any_more_are_in_no_file()
    {
        using var engine = new EngineUnderTest(_database, _folder.Path);
        var random = new Random(8);
        for (var day = 0; day < 3; day++)
            await _project.StoreAsync([.. Enumerable.Range(0, 200).Select(_ => Event(random, Start + (day * Day)))]);
        await _project.StoreAsync(new EngineEvent(Start + 5, "told", "u", Props: """{"mail":"ada@secret.example"}"""));
        await AssertSameAsync(engine);
        await engine.Projects.CloseAsync();
        Assert.NotEmpty(await FilesWithAsync("ada@secret.example"));

        await _project.DeleteAsync("props ? 'mail'", Start, Start + 10);
        var status = await engine.Projects.StatusAsync(_project.Id, default);

        Assert.Equal(new EngineStatus(_project.Id, _project.N, _project.N), status);
        Assert.Empty(await FilesWithAsync("ada@secret.example"));
        await AssertSameAsync(engine);
        engine.Dispose();
        using var again = new EngineUnderTest(_database, _folder.Path);
        await AssertSameAsync(again);
    }

    [Fact]
    public async Task The_events_of_erased_people_and_from_before_the_floor_are_gone_before_the_table_is_rid_of_them()
    {
        using var engine = new EngineUnderTest(_database, _folder.Path);
        var random = new Random(10);
        for (var day = 0; day < 4; day++)
            await _project.StoreAsync([.. Enumerable.Range(0, 200).Select(_ => Event(random, Start + (day * Day)))]);
        await AssertSameAsync(engine);
        var before = await engine.RowsAsync(_project.Id);

        await _project.EraseAsync("u3");
        var erased = await engine.RowsAsync(_project.Id);
        Assert.InRange(erased.Count, 1, before.Count - 1);
        Assert.Equal((await _project.RowsAsync("coalesce(e.user_key, e.anon_key) IN (SELECT key FROM ids WHERE project_id = $1) OR coalesce(e.user_key, e.anon_key) IS NULL")).Order(), erased.Order());

        await _project.ExecuteAsync($"INSERT INTO project_floors VALUES ($1, to_timestamp({(Start + Day) / 1000}))");
        await _project.DeleteAsync("false", Start - Day, Start + Day - 1);
        var visible = await engine.RowsAsync(_project.Id);
        Assert.Equal(erased.Where(row => long.Parse(row.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) >= Start + Day).Order(), visible.Order());
        using var fresh = new EngineUnderTest(_database);
        Assert.Equal(visible.Order(), (await fresh.RowsAsync(_project.Id)).Order());
    }

    [Fact]
    public async Task Of_a_project_that_is_gone_no_file_is_left()
    {
        using var engine = new EngineUnderTest(_database, _folder.Path);
        await _project.StoreAsync(new EngineEvent(Start, "a", "u"));
        await AssertSameAsync(engine);
        Assert.NotEmpty(Directory.GetDirectories(_folder.Path));
        foreach (var table in (string[])["events", "ids", "outbox", "project_seq"])
            await _project.ExecuteAsync($"DELETE FROM {table} WHERE project_id = $1");

        await engine.Projects.DeleteGoneAsync(default);

        Assert.Empty(Directory.GetDirectories(_folder.Path));
        Assert.Empty(await engine.RowsAsync(_project.Id));
    }

    [Fact]
    public async Task Counts_by_minute_are_those_of_a_scan()
    {
        using var engine = new EngineUnderTest(_database, _folder.Path);
        var random = new Random(9);
        for (var i = 0; i < 8; i++)
        {
            await _project.StoreAsync([.. Enumerable.Range(0, 200).Select(_ => Event(random, Start + random.NextInt64(3 * Day)))]);
            await engine.RowsAsync(_project.Id);
        }
        using var snapshot = await engine.Projects.OpenAsync(_project.Id, default);
        foreach (var step in new[] { 3_600_000L, 900_000, 60_000, 7_777, Day })
            foreach (var from in new[] { Start - Day, Start, Start + 60_000, Start + 12_345 })
            {
                long[] starts = [.. Enumerable.Range(0, 300).Select(i => from + (i * step))];
                var counts = snapshot.CountByMinute(starts);
                var expected = new long[counts.Length];
                var view = new BlockView();
                foreach (var block in snapshot.Blocks(starts[0], starts[^1]))
                {
                    view.Open(block);
                    for (var i = 0; i < block.Count; i++)
                        expected[((view.Times[i] - from) / step * snapshot.Names.Count) + view.Names[i]]++;
                }
                Assert.Equal(expected, counts);
            }
    }

    [Fact]
    public async Task A_property_beyond_the_five_hundred_and_twelve_is_not_indexed()
    {
        using var engine = new EngineUnderTest(_database, _folder.Path);
        await _project.StoreAsync([.. Enumerable.Range(0, 520).Select(i => new EngineEvent(Start + i, "a", Props: $$"""{"p{{i}}":1}"""))]);
        using var snapshot = await engine.Projects.OpenAsync(_project.Id, default);

        Assert.Equal(512, snapshot.Properties.Count);
        Assert.NotNull(snapshot.Column(PropertySource.Props, "p5"));
        var refused = Assert.Throws<Nimbus.ServiceDefaults.ProblemException>(() => snapshot.Column(PropertySource.Props, "p515"));
        Assert.Equal("property_not_indexed", refused.Code);
    }

    [Fact]
    public async Task A_property_of_mostly_distinct_values_is_no_dictionary_and_reads_the_same()
    {
        var options = EngineUnderTest.Small with { MaxTailEvents = 100_000, MinSegmentEvents = 10_000, MaxDistinctValues = 5_000 };
        using var engine = new EngineUnderTest(_database, _folder.Path, options);
        for (var day = 0; day < 2; day++)
            await _project.StoreAsync([.. Enumerable.Range(0, 12_000).Select(i => new EngineEvent(
                Start + (day * Day) + i, "a", "u", Props: $$"""{"order":"number {{day}}-{{i}}","two":{{i % 2}}}"""))]);
        await AssertSameAsync(engine);
        await _project.StoreAsync(new EngineEvent(Start + 3, "a", "u", Props: """{"order":"number 1-7","two":1}"""), new EngineEvent(Start + 4, "a", "u", Props: """{"order":"late"}"""));
        await AssertSameAsync(engine);
        await engine.Projects.CloseAsync();
        engine.Dispose();

        using var again = new EngineUnderTest(_database, _folder.Path, options);
        await AssertSameAsync(again);
        // The dictionary of the tail holds what is in memory, not what files have by themselves.
        var terms = Directory.GetFiles(Path.Combine(_folder.Path, _project.Id.ToString("N")), "terms*").Sum(file => new FileInfo(file).Length);
        Assert.InRange(terms, 1, 10_000);
    }

    private static EngineEvent Event(Random random, long aroundMs)
    {
        var ms = random.Next(10) switch
        {
            0 => Start + random.NextInt64(Math.Max(1, aroundMs - Start)),
            1 => aroundMs / Day * Day,
            2 => (aroundMs / Day * Day) - 1,
            _ => aroundMs + random.Next(1000),
        };
        return new EngineEvent(
            ms, $"name {random.Next(6)}",
            random.Next(3) == 0 ? null : random.Next(20) == 0 ? "anonymous" : $"u{random.Next(40)}",
            random.Next(2) == 0 ? null : $"a{random.Next(20)}",
            $$$"""{"plan":{{{random.Next(4)}}},"n":{{{random.Next(200)}}}.50,"t":"x\"{{{random.Next(50)}}}","z":null,"o":{"a":[1,"}"]}}""",
            random.Next(2) == 0 ? null : """{"os":"å \\ linux","traffic":{"country":"DE"}}""",
            (EventType)random.Next(3), random.Next(3) == 0 ? random.Next(5) : null);
    }

    private async Task<List<string>> FilesWithAsync(string text)
    {
        var wanted = System.Text.Encoding.UTF8.GetBytes(text);
        var files = new List<string>();
        foreach (var file in Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock"))
        {
            if ((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(wanted) >= 0)
                files.Add(Path.GetFileName(file));
        }
        return files;
    }

    private async Task AssertSameAsync(EngineUnderTest engine)
    {
        using var snapshot = await engine.Projects.OpenAsync(_project.Id, default);
        Assert.Equal(_project.N, snapshot.Watermark);
        var expected = (await _project.RowsAsync()).Order(StringComparer.Ordinal).ToList();
        var rows = EngineUnderTest.Rows(snapshot);
        Assert.Equal(expected, rows.Order(StringComparer.Ordinal));
        // In order of time, and no millisecond in two blocks.
        var blocks = snapshot.Blocks(long.MinValue, long.MaxValue);
        Assert.All(blocks.Zip(blocks.Skip(1)), pair => Assert.True(pair.First.LastMs < pair.Second.FirstMs));
    }
}
