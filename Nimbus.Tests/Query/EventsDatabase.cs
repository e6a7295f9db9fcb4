using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Stats;
using Npgsql;

namespace Nimbus.Tests.Query;

/// <summary>The query service's readers on an eventsdb that has its schema.</summary>
public sealed class EventsDatabase : IDisposable
{
    private NpgsqlDataSource? _dataSource;

    public NpgsqlDataSource DataSource => _dataSource!;

    public MetricsReader Metrics => new(Queries);

    public EventsReader Events => new(Queries);

    public DailyUsersReader DailyUsers => new(Queries);

    public TopEventsReader TopEvents => new(Queries);

    public QueryDatabase Queries => new(DataSource, Options.Create(new QueryLimits()), new QueryMetrics(new Meters()));

    public Task RequireAsync()
    {
        var connection = Environment.GetEnvironmentVariable("NIMBUS_TEST_EVENTSDB");
        Skip.If(connection is null, "NIMBUS_TEST_EVENTSDB names no database");
        _dataSource ??= NpgsqlDataSource.Create(connection!);
        return Task.CompletedTask;
    }

    public void Dispose() => _dataSource?.Dispose();

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
