using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Metrics;
using Nimbus.QueryService.Querying;
using Nimbus.QueryService.Stats;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Query;

/// <summary>The query service's readers on the running system's eventsdb.</summary>
public sealed class EventsDatabase : IAsyncDisposable
{
    private EventsDatabase(NpgsqlDataSource dataSource) => DataSource = dataSource;

    public NpgsqlDataSource DataSource { get; }

    public MetricsReader Metrics => new(Queries);

    public EventsReader Events => new(Queries);

    public DailyUsersReader DailyUsers => new(Queries);

    public TopEventsReader TopEvents => new(Queries);

    public QueryDatabase Queries => new(DataSource, Options.Create(new QueryLimits()), new QueryMetrics(new Meters()));

    public static async Task<EventsDatabase> OpenAsync(NimbusSystem nimbus) =>
        new(NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb")));

    public ValueTask DisposeAsync() => DataSource.DisposeAsync();

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
