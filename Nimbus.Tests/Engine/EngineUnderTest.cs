using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Engine;
using Nimbus.QueryService.Querying;
using Npgsql;

namespace Nimbus.Tests.Engine;

/// <summary>The engine of a query service of its own, without its service: it looks for changes when it is asked.</summary>
public sealed class EngineUnderTest : IDisposable, IMeterFactory
{
    private readonly Nimbus.QueryService.Engine.EngineFolder _folder;

    /// <param name="folder">Null for a temporary one.</param>
    public EngineUnderTest(NpgsqlDataSource database, string? folder = null, EngineOptions? options = null)
    {
        var all = Options.Create((options ?? Small) with { Folder = folder });
        _folder = new Nimbus.QueryService.Engine.EngineFolder(all);
        Projects = new ProjectSnapshots(
            database, new SnapshotSource(database, new QueryMetrics(this)), all, _folder, new EngineMetrics(this), TimeProvider.System, NullLogger<ProjectSnapshots>.Instance);
    }

    /// <summary>Segments of some hundred events, and everything saved at once.</summary>
    public static EngineOptions Small { get; } = new()
    {
        MaxTailEvents = 500,
        MinSegmentEvents = 100,
        SaveInterval = TimeSpan.FromMilliseconds(10),
        FreshWithin = TimeSpan.FromMinutes(1),
        MaxWait = TimeSpan.FromMinutes(1),
    };

    public ProjectSnapshots Projects { get; }

    public async Task<List<string>> RowsAsync(Guid project)
    {
        using var snapshot = await Projects.OpenAsync(project, default);
        return Rows(snapshot);
    }

    public static List<string> Rows(ProjectSnapshot snapshot)
    {
        var rows = new List<string>();
        var view = new BlockView();
        var columns = snapshot.Properties.Select(key => snapshot.Column(key.Source, key.Key)!).ToList();
        foreach (var block in snapshot.Blocks(long.MinValue, long.MaxValue))
        {
            view.Open(block);
            var (times, names, persons, flags) = (view.Times.ToArray(), view.Names.ToArray(), view.Persons.ToArray(), view.Flags.ToArray());
            var seqs = view.Seqs.ToArray();
            var codes = columns.Select(column => view.Codes(column).ToArray()).ToList();
            for (var i = 0; i < block.Count; i++)
            {
                var person = snapshot.People.Canonical(persons[i]);
                var members = columns.Select((column, c) => (column.Key, Value: column[codes[c][i]])).Where(member => member.Value.Kind != ValueKind.NotSet)
                    .Select(member => EngineRows.Member(member.Key.Source == PropertySource.Props ? "p" : "c", member.Key.Key, member.Value));
                rows.Add(EngineRows.Line(
                    times[i], snapshot.Names[names[i]]!, person < 0 ? null : snapshot.People.PersonId(person), EventFlags.TypeOf(flags[i]),
                    (flags[i] & EventFlags.Anonymous) != 0, seqs.Length == 0 || seqs[i] == long.MaxValue ? null : seqs[i], members));
            }
        }
        return rows;
    }

    public Meter Create(MeterOptions options) => new(options);

    /// <summary>As if the process was killed: nothing is saved, but another one may have the folder.</summary>
    public void Dispose() => _folder.Dispose();
}
