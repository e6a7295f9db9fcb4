using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Servers;

/// <summary>What services register to reach PostgreSQL.</summary>
public sealed class NpgsqlClientTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>
{
    [Fact]
    public async Task A_data_source_and_a_context_answer_and_are_healthy()
    {
        await using var server = await cluster.StartAsync();
        var builder = Builder(cluster.ConnectionString);
        builder.AddNpgsqlDataSource("eventsdb");
        builder.AddNpgsqlDbContext<Accounts>("eventsdb");
        using var host = builder.Build();

        await using var command = host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("SELECT 42");
        await using var scope = host.Services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<Accounts>();
        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(42, await command.ExecuteScalarAsync());
        Assert.Equal([7], await accounts.Database.SqlQuery<int>($"SELECT 7 AS \"Value\"").ToListAsync());
        Assert.True(accounts.Database.CreateExecutionStrategy().RetriesOnFailure);
        Assert.Equal(["Accounts", "PostgreSql"], health.Entries.Keys.Order());
        Assert.Equal(HealthStatus.Healthy, health.Status);
    }

    [Fact]
    public async Task A_database_that_is_away_is_unhealthy_and_no_fault()
    {
        var builder = Builder($"Host=127.0.0.1;Port={Ports.Free()};Username=postgres;Timeout=2");
        builder.AddNpgsqlDataSource("eventsdb");
        builder.AddNpgsqlDbContext<Accounts>("eventsdb");
        using var host = builder.Build();

        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.All(health.Entries.Values, entry => Assert.Equal(HealthStatus.Unhealthy, entry.Status));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Host=db;Passwort=hunter2")]
    public void A_missing_or_broken_connection_string_names_the_setting_and_keeps_the_secret(string? connectionString)
    {
        var builder = Builder(connectionString);
        builder.AddNpgsqlDataSource("eventsdb");
        builder.AddNpgsqlDbContext<Accounts>("eventsdb");
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();

        var source = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<NpgsqlDataSource>());
        var context = Assert.Throws<InvalidOperationException>(() => scope.ServiceProvider.GetRequiredService<Accounts>());

        Assert.All([source.Message, context.Message], message =>
        {
            Assert.Contains("ConnectionStrings:eventsdb", message, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", message, StringComparison.Ordinal);
        });
    }

    private static HostApplicationBuilder Builder(string? connectionString)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:eventsdb", connectionString)]);
        return builder;
    }

    public sealed class Accounts(DbContextOptions<Accounts> options) : DbContext(options);
}
