using Microsoft.Extensions.Options;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Events;
using Nimbus.QueryService.Querying;
using Nimbus.Tests.Engine;
using Nimbus.Tests.Hosting;
using Npgsql;

namespace Nimbus.Tests.Query;

/// <summary>The query service's readers on the running system's eventsdb.</summary>
public sealed class EventsDatabase : IAsyncDisposable
{
    private readonly EngineUnderTest _engine;

    private EventsDatabase(NpgsqlDataSource dataSource) => (DataSource, _engine) = (dataSource, new EngineUnderTest(dataSource));

    public NpgsqlDataSource DataSource { get; }

    public EventsReader Events => new(Queries);

    public QueryDatabase Queries
    {
        get
        {
            var metrics = new QueryMetrics(new Meters());
            return new(new SnapshotSource(DataSource, metrics), Options.Create(new QueryLimits()), metrics);
        }
    }

    /// <summary>A project as the engine has it now.</summary>
    public Task<ProjectSnapshot> SnapshotAsync(Guid project) => _engine.Projects.OpenAsync(project, default);

    public static async Task<EventsDatabase> OpenAsync(NimbusSystem nimbus) =>
        new(NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb")));

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await DataSource.DisposeAsync();
    }
}
