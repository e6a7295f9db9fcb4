using Nimbus.Cli;
using Nimbus.Cli.Import;

namespace Nimbus.Tests.Cli;

public sealed class CheckpointTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_saved_checkpoint_is_loaded_as_it_was_and_replaces_the_one_before()
    {
        var path = _folder.Path("shop.nimbus-import.json");
        var first = new Checkpoint(
            new SourceIdentity(5, new DateTime(2026, 1, 5, 1, 2, 3, 456, DateTimeKind.Utc), "ab"),
            new ImportTarget("http://localhost:8000/", "nbk_x"),
            new ImportTotals(41_000, 33_000, 7_990, 10, 5.5),
            1234);
        first.Save(path);
        var second = first with { Totals = first.Totals with { Rows = 42_000 } };
        second.Save(path);

        Assert.Equal(second, Checkpoint.Load(path));
        Assert.Equal(["shop.nimbus-import.json"], _folder.Names());
    }

    [Fact]
    public void No_checkpoint_is_null_and_a_damaged_one_names_the_remedy()
    {
        Assert.Null(Checkpoint.Load(_folder.Path("none")));

        var damage = Assert.Throws<CliException>(() => Checkpoint.Load(_folder.Write("torn", """{"source":""")));
        Assert.Contains("--restart", damage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_run_wrote_after_its_checkpoint_is_cut_off_the_rejects()
    {
        var path = _folder.Path("shop.rejects.csv");
        var killed = new RejectsFile(path);
        killed.Append([new Reject(3, "bad", "a,b")]);
        var checkpoint = killed.Bytes;
        killed.Append([new Reject(5, "worse", "c")]);

        var resumed = new RejectsFile(path);
        resumed.Resume(checkpoint);
        resumed.Append([new Reject(5, "worse", "say \"c\"")]);

        Assert.Equal(
            "line,reason,row\r\n3,bad,\"a,b\"\r\n5,worse,\"say \"\"c\"\"\"\r\n", File.ReadAllText(path));
    }

    [Fact]
    public void A_file_is_another_after_a_change_of_its_content_or_its_time()
    {
        var path = _folder.Write("a.csv", "one");
        var identity = Identity(path);
        Assert.Equal(identity, Identity(path));

        var modified = File.GetLastWriteTimeUtc(path);
        File.WriteAllText(path, "two");
        File.SetLastWriteTimeUtc(path, modified);
        Assert.NotEqual(identity, Identity(path));

        File.WriteAllText(path, "one");
        File.SetLastWriteTimeUtc(path, modified.AddSeconds(1));
        Assert.NotEqual(identity, Identity(path));
    }

    private static SourceIdentity Identity(string path)
    {
        using var source = SourceFile.Open(path);
        return source.Identity;
    }
}
