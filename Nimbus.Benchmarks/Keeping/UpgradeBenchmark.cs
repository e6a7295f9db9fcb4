using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nimbus.Benchmarks.Query;
using Nimbus.Events;
using Nimbus.Events.Schema;
using Npgsql;

namespace Nimbus.Benchmarks.Keeping;

/// <summary>Fills a database of the first schema, and times what a service of today does to it before it is ready.</summary>
internal static class UpgradeBenchmark
{
    public static async Task RunAsync(long events, CancellationToken ct)
    {
        await using var nimbus = await RunningNimbus.StartAsync([], ct);
        await using (var create = nimbus.Events.CreateCommand("CREATE DATABASE upgraded"))
            await create.ExecuteNonQueryAsync(ct);
        var connection = new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync("eventsdb", ct)) { Database = "upgraded" }.ConnectionString;
        await using var database = NpgsqlDataSource.Create(connection);
        await ExecuteAsync(database, "CREATE TABLE schema_version (version int PRIMARY KEY, title text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())", ct);
        var first = Migration.All[0];
        await ExecuteAsync(database, first.Sql, ct);
        await ExecuteAsync(database, $"INSERT INTO schema_version (version, title) VALUES ({first.Version}, '{first.Title}')", ct);
        // As services of then made them.
        foreach (var month in MonthlyPartitions.Around(DateTimeOffset.UtcNow))
        {
            await ExecuteAsync(database, string.Create(
                CultureInfo.InvariantCulture,
                $"CREATE TABLE {MonthlyPartitions.NameOf(month)} PARTITION OF events FOR VALUES FROM ('{month:yyyy-MM-dd} 00:00+00') TO ('{month.AddMonths(1):yyyy-MM-dd} 00:00+00')"), ct);
        }
        await new DataSet(events, (int)Math.Min(events, 100_000)).StoreAsync(database, Guid.CreateVersion7(), ct);

        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["ConnectionStrings:eventsdb"] = connection;
        builder.Logging.ClearProviders();
        builder.AddEventsDatabase(SchemaRole.Migrates);
        using var host = builder.Build();
        var watch = Stopwatch.StartNew();
        await host.StartAsync(ct);
        await host.Services.GetRequiredService<EventsSchema>().Ready.WaitAsync(ct);
        var seconds = watch.Elapsed.TotalSeconds;
        await host.StopAsync(ct);

        await using var count = database.CreateCommand("SELECT count(*) FROM visible_events");
        count.CommandTimeout = 600;
        if ((long)(await count.ExecuteScalarAsync(ct))! != events)
            throw new InvalidOperationException("The upgraded database has not the events it had.");
        Report.Print(
            "upgrade", await Machine.ThisAsync(nimbus.Events, ct), new { events, from = first.Version, to = Migration.All[^1].Version, seconds },
            new Table($"upgrade of {events:N0} events", "s")
                .Add(string.Create(CultureInfo.InvariantCulture, $"schema {first.Version} to {Migration.All[^1].Version}"), string.Create(CultureInfo.InvariantCulture, $"{seconds:N2}")));
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync(ct);
    }
}
