using Nimbus.Events.Schema;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Ingest;

/// <summary>On a database of its own: partitions belong to all projects together.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class MonthlyPartitionsTests(NimbusSystem nimbus)
{
    [Fact]
    public async Task Months_that_no_project_keeps_are_dropped_and_not_made_again()
    {
        var now = new DateTimeOffset(2026, 3, 15, 0, 0, 0, TimeSpan.Zero);
        await using var connection = await NewDatabaseAsync();
        Assert.Equal(28, await MonthlyPartitions.EnsureAsync(connection, now, CancellationToken.None)); // 24 back, this one, 3 ahead

        // One of two projects keeps everything: nothing may go.
        await ExecuteAsync(connection, """
            INSERT INTO project_seq VALUES ('00000000-0000-0000-0000-000000000001', 1), ('00000000-0000-0000-0000-000000000002', 1);
            INSERT INTO project_floors VALUES ('00000000-0000-0000-0000-000000000001', '2026-02-15');
            """);
        Assert.Equal(0, await MonthlyPartitions.DropExpiredAsync(connection, CancellationToken.None));

        // The other keeps from New Year on: March 2024 to December 2025 are 22 months.
        await ExecuteAsync(connection, "INSERT INTO project_floors VALUES ('00000000-0000-0000-0000-000000000002', '2026-01-01')");
        Assert.Equal(22, await MonthlyPartitions.DropExpiredAsync(connection, CancellationToken.None));
        Assert.Equal(0, await MonthlyPartitions.DropExpiredAsync(connection, CancellationToken.None));
        Assert.Equal(0, await MonthlyPartitions.EnsureAsync(connection, now, CancellationToken.None));
        Assert.Equal(1, await MonthlyPartitions.EnsureAsync(connection, now.AddMonths(1), CancellationToken.None));
    }

    private async Task<NpgsqlConnection> NewDatabaseAsync()
    {
        var server = new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync("eventsdb"));
        var name = $"partitions_{Guid.NewGuid():N}";
        await using (var any = new NpgsqlConnection(server.ConnectionString))
        {
            await any.OpenAsync();
            await ExecuteAsync(any, $"CREATE DATABASE {name}");
        }
        server.Database = name;
        var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        foreach (var migration in Migration.All)
            await ExecuteAsync(connection, migration.Sql);
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
