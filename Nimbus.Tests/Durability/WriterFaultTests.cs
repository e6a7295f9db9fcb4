using System.Globalization;
using System.Net;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Durability;

/// <summary>Writers that are away, die, stand still, or get hold of the same entry.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class WriterFaultTests(NimbusSystem nimbus)
{
    private static readonly (string, string)[] Hasty = [("StatementTimeout", "00:00:01"), ("ClaimAfter", "00:00:02")];

    [Fact]
    public async Task What_is_sent_while_there_is_no_writer_at_all_is_stored_by_the_first_that_comes()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        var batches = Enumerable.Range(0, 20).Select(batch => OwnPipeline.Ids($"b{batch}", 50)).ToList();
        await Task.WhenAll(batches.Select((ids, batch) => pipeline.SendAsync(ids, keyed: batch % 2 == 0)));
        Assert.Equal(20, await pipeline.WaitingAsync());
        Assert.Empty(await pipeline.StoredAsync());

        pipeline.StartWriter();

        await pipeline.HasStoredAsync(batches.SelectMany(ids => ids));
    }

    [Fact]
    public async Task When_as_much_waits_as_may_the_answer_is_503_and_what_was_taken_before_is_kept()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus, new() { ["Nimbus:Ingest:MaxPendingBytes"] = $"{1 << 20}" });
        var taken = new List<string>();
        HttpResponseMessage answer;
        for (var batch = 0; ; batch++)
        {
            var ids = OwnPipeline.Ids($"b{batch}", 500);
            answer = await pipeline.Request(ids).SendAsync();
            if (answer.StatusCode != HttpStatusCode.Accepted)
                break;
            taken.AddRange(ids);
            answer.Dispose();
        }
        using (answer)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("buffer_full", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.NotNull(answer.Headers.RetryAfter);
        }
        Assert.True(taken.Count > 1000, $"{taken.Count}");

        pipeline.StartWriter();
        await pipeline.HasStoredAsync(taken);
        await pipeline.SendAsync(["after"]);
        await pipeline.HasStoredAsync([.. taken, "after"]);
    }

    [Fact]
    public async Task A_writer_killed_between_its_commit_and_its_acknowledgement_stores_nothing_twice()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        var first = pipeline.StartWriter();
        await pipeline.SendAsync(["before"]);
        await pipeline.HasStoredAsync(["before"]);

        var ids = OwnPipeline.Ids("a", 100);
        var hold = await pipeline.HoldCommitsAsync();
        await pipeline.SendAsync(ids);
        await pipeline.WaitUntilBlockedAsync(1);
        // Redis goes on listening and puts off what would change anything; the acknowledgement of who is gone it never does.
        await pipeline.Redis.ExecuteAsync("CLIENT", "PAUSE", 20_000, "WRITE");
        await hold.RollbackAsync();
        await hold.DisposeAsync();
        await pipeline.WaitForStoredAsync(101);
        await first.KillAsync();
        await pipeline.Redis.ExecuteAsync("CLIENT", "UNPAUSE");
        Assert.Equal(1, await pipeline.PendingAsync());

        pipeline.StartWriter();

        await pipeline.HasStoredAsync([.. ids, "before"]);
    }

    [Fact]
    public async Task A_writer_killed_before_its_commit_leaves_its_entries_to_the_next()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        var first = pipeline.StartWriter();
        var hold = await pipeline.HoldCommitsAsync();
        var ids = OwnPipeline.Ids("a", 100);
        await pipeline.SendAsync(ids);
        await pipeline.WaitUntilBlockedAsync(1);
        await first.KillAsync();
        await hold.DisposeAsync();
        pipeline.StartWriter();
        await pipeline.HasStoredAsync(ids);
    }

    [Fact]
    public async Task Two_writers_that_hold_the_same_entry_store_it_once()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        var first = pipeline.StartWriter(("Lanes", "1"));
        var hold = await pipeline.HoldCommitsAsync();
        var ids = OwnPipeline.Ids("a", 100);
        await pipeline.SendAsync(ids);
        await pipeline.WaitUntilBlockedAsync(1);

        // The first renews its claim every twenty seconds; the second takes what was not heard of for two.
        pipeline.StartWriter([("Lanes", "1"), .. Hasty]);
        await Eventually.TrueAsync(
            async () => !(await pipeline.OwnerAsync())!.Contains($"/{first.Id.ToString(CultureInfo.InvariantCulture)}/", StringComparison.Ordinal),
            () => "the second writer does not take the entry", TimeSpan.FromSeconds(30));
        // One waits at its last statement, the other at its first, for the first to say what became of the entry.
        await pipeline.WaitUntilBlockedAsync(2);
        await hold.DisposeAsync();

        await pipeline.HasStoredAsync(ids);
        await pipeline.SendAsync(["after"]);
        await pipeline.HasStoredAsync([.. ids, "after"]);
    }

    [Fact]
    public async Task A_writer_that_stands_still_past_the_claim_time_and_goes_on_neither_blocks_nor_doubles()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        var still = pipeline.StartWriter(Hasty);
        var hold = await pipeline.HoldCommitsAsync();
        var ids = OwnPipeline.Ids("a", 100);
        await pipeline.SendAsync(ids, keyed: true);
        await pipeline.WaitUntilBlockedAsync(1);
        still.Suspend();
        await hold.DisposeAsync();

        pipeline.StartWriter(Hasty);
        await pipeline.HasStoredAsync(ids);
        still.Continue();

        var more = Enumerable.Range(0, 10).Select(batch => OwnPipeline.Ids($"m{batch}", 20)).ToList();
        foreach (var batch in more)
            await pipeline.SendAsync(batch);
        await pipeline.HasStoredAsync([.. ids, .. more.SelectMany(batch => batch)]);
        Assert.False(still.Says("Unhandled"), still.Output);
    }

    [Fact]
    public async Task A_writer_that_stands_still_in_the_middle_of_its_COPY_is_cut_off()
    {
        await using var pipeline = await OwnPipeline.CreateAsync(nimbus);
        var request = pipeline.Request(["a", "b"]);
        // What PostgreSQL sees of such a writer: the entry's row, and then a COPY of which no more comes.
        await using var connection = await pipeline.Events.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await pipeline.TakeEntryAsync(transaction, request);
        var copy = await connection.BeginRawBinaryCopyAsync("COPY events (project_id, ts, id) FROM STDIN (FORMAT BINARY)");

        using (var answer = await request.SendAsync())
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        pipeline.StartWriter(Hasty);

        await pipeline.HasStoredAsync(["a", "b"]);
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await copy.DisposeAsync());
    }
}
