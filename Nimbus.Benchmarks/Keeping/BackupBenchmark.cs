using System.Diagnostics;
using System.Globalization;
using Nimbus.Benchmarks.Query;
using Nimbus.Cli;
using Npgsql;

namespace Nimbus.Benchmarks.Keeping;

/// <summary>Backs up and restores a made-up project, on the servers as AppHost starts them.</summary>
internal static class BackupBenchmark
{
    public static async Task RunAsync(long events, string? compress, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("nimbus-benchmark-").FullName;
        try
        {
            await using var nimbus = await RunningNimbus.StartAsync([], ct);
            var (eventsDb, identityDb) = (await nimbus.ConnectionStringAsync("eventsdb", ct), await nimbus.ConnectionStringAsync("identitydb", ct));
            await new DataSet(events, (int)Math.Min(events, 100_000)).StoreAsync(nimbus.Events, Guid.CreateVersion7(), ct);
            var stored = await DatabaseBytesAsync(nimbus.Events, ct);

            var backup = Path.Combine(folder, "backup");
            var backupSeconds = await RunAsync(
                ["backup", backup, "--eventsdb", eventsDb, "--identitydb", identityDb, .. compress is null ? [] : new[] { "--compress", compress }], ct);
            var bytes = new DirectoryInfo(backup).EnumerateFiles().Sum(file => file.Length);
            var verifySeconds = await RunAsync(["restore", backup, "--verify"], ct);
            var restoreSeconds = await RunAsync(
                ["restore", backup, "--eventsdb", Beside(eventsDb, "eventsdb_restored"), "--identitydb", Beside(identityDb, "identitydb_restored")], ct);

            var millions = events / 1e6;
            string Each(double figure) => string.Create(CultureInfo.InvariantCulture, $"{figure / millions:N1}");
            Report.Print(
                "backup", await Machine.ThisAsync(nimbus.Events, ct), new { events, compress, stored, bytes, backupSeconds, verifySeconds, restoreSeconds },
                new Table("per million events", $"of {events:N0}")
                    .Add("backup (s)", Each(backupSeconds)).Add("size of the backup (MB)", Each(bytes / 1e6)).Add("size in PostgreSQL (MB)", Each(stored / 1e6))
                    .Add("verify (s)", Each(verifySeconds)).Add("restore, counted and analysed (s)", Each(restoreSeconds)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> RunAsync(string[] command, CancellationToken ct)
    {
        using var said = new StringWriter();
        var watch = Stopwatch.StartNew();
        if (await NimbusCommand.RunAsync(command, said, said, ct) != 0)
            throw new InvalidOperationException(said.ToString());
        return watch.Elapsed.TotalSeconds;
    }

    private static string Beside(string connection, string database) => new NpgsqlConnectionStringBuilder(connection) { Database = database }.ConnectionString;

    private static async Task<long> DatabaseBytesAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var size = database.CreateCommand("SELECT pg_database_size(current_database())");
        return (long)(await size.ExecuteScalarAsync(ct))!;
    }
}
