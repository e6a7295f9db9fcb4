using Aspire.Hosting;
using Aspire.Hosting.Servers;

namespace Nimbus.Tests.Servers;

/// <summary>What is refused before a server is started on it.</summary>
public sealed class PostgresDataTests : IDisposable
{
    private static readonly PostgresInstallation Version16 = new("/nowhere", 16);

    private readonly ScratchFolder scratch = new();

    [Fact]
    public async Task Data_of_another_major_version_name_both_versions()
    {
        File.WriteAllText(scratch["PG_VERSION"], "14\n");

        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => Data().CheckAsync(Version16, CancellationToken.None));

        Assert.Contains(
            "made by PostgreSQL 14, and this machine has PostgreSQL 16", refused.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Data_of_another_user_say_whose_they_are()
    {
        Skip.IfNot(Machine.Current.IsRoot, "only root runs servers as several users");
        File.WriteAllText(scratch["PG_VERSION"], "16\n");
        var account = await PostgresAccount.AsOtherUserAsync(Machine.Current, CancellationToken.None);

        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => new PostgresData(scratch.Path, account).CheckAsync(Version16, CancellationToken.None));

        Assert.Contains("belong to user 0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_something_else_in_it_is_left_alone()
    {
        File.WriteAllText(scratch["thesis.tex"], "");

        Assert.Throws<DistributedApplicationException>(() => Data().ReadMajor());
    }

    [Fact]
    public void A_folder_that_is_empty_or_missing_holds_no_data_yet()
    {
        Assert.Null(Data().ReadMajor());
        Assert.Null(new PostgresData(scratch["missing"], Ourselves()).ReadMajor());
    }

    [Fact]
    public void Another_user_is_given_a_folder_that_it_can_reach()
    {
        var machine = Machine.Current with { Root = "/" };
        var other = new PostgresAccount(machine, [], "postgres");

        // A scratch folder is closed to others, as a home of root is.
        var first = other.FolderFor(scratch["data"]);
        var second = other.FolderFor(scratch["elsewhere/data"]);

        Assert.StartsWith("/var/lib/nimbus/data-", first, StringComparison.Ordinal);
        Assert.NotEqual(first, second);
        Assert.Equal("/tmp/data", other.FolderFor("/tmp/data/"));
        Assert.Equal(scratch["data"], Ourselves().FolderFor(scratch["data"]));
    }

    public void Dispose() => scratch.Dispose();

    private static PostgresAccount Ourselves() => new(Machine.Current, [], null);

    private PostgresData Data() => new(scratch.Path, Ourselves());
}
