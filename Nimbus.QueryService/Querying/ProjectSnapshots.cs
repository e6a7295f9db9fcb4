using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Nimbus.QueryService.Engine;
using Nimbus.ServiceDefaults;
using Npgsql;

namespace Nimbus.QueryService.Querying;

/// <summary>
/// The door to the engine: the events and people of projects, as eventsdb has them. A project is opened when it is first asked
/// about, and followed from then on.
/// </summary>
public sealed class ProjectSnapshots(
    NpgsqlDataSource database, SnapshotSource snapshots, IOptions<EngineOptions> options, EngineFolder folder, EngineMetrics metrics,
    TimeProvider time, ILogger<ProjectSnapshots> logger)
{
    private const string KnownSql = "SELECT project_id FROM project_seq WHERE project_id = ANY(@projects)";

    private readonly ConcurrentDictionary<Guid, ProjectFollower> _followers = new();
    private long _uses;

    internal IEnumerable<ProjectFollower> Followers => _followers.Values;

    /// <summary>
    /// The project with every change that was committed before this is called (at the least within
    /// <see cref="EngineOptions.FreshWithin"/>). Dispose it when the query is done: its files are mapped until then.
    /// </summary>
    /// <exception cref="ProblemException">
    /// 503 <c>not_built</c>: the project is still being read; 503 <c>database_unavailable</c>.
    /// </exception>
    public async Task<ProjectSnapshot> OpenAsync(Guid projectId, CancellationToken ct)
    {
        var follower = Follower(projectId);
        follower.LastUse = Interlocked.Increment(ref _uses);
        Exception? failure = null;
        // Twice, since it may be closed in between to make room for others.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            try
            {
                await follower.LookAsync().WaitAsync(follower.IsOpen ? options.Value.FreshWithin : options.Value.MaxWait, ct);
            }
            catch (Exception passing) when (passing is not OperationCanceledException)
            {
                failure = passing;
            }
            // What was reached before is an answer too, whose watermark says how old it is.
            if (follower.Open() is { } snapshot)
                return snapshot;
            if (failure is TimeoutException)
                throw new ProblemException(503, "not_built", "The project's events are still being read. Try again in a little while.");
        }
        throw failure is NpgsqlException
            ? new ProblemException(503, "database_unavailable", "The events database cannot be reached. Try again.")
            : failure ?? new InvalidOperationException("The project was closed twice while it was opened.");
    }

    /// <summary>How far the engine is with a project, once it has everything that was committed before this is called.</summary>
    /// <remarks>Where there are no files of it, it is not opened for that.</remarks>
    public async Task<EngineStatus> StatusAsync(Guid projectId, CancellationToken ct)
    {
        var follower = Follower(projectId);
        if (!follower.IsOpen && !Directory.Exists(folder.Of(projectId)))
            return new EngineStatus(projectId, null, (await snapshots.SequenceAsync(projectId, ct)).N);
        using var snapshot = await OpenAsync(projectId, ct);
        return new EngineStatus(projectId, snapshot.Watermark, snapshot.Watermark);
    }

    /// <summary>Opens a project without a query that waits for it.</summary>
    internal Task LookAsync(Guid projectId) => Follower(projectId).LookAsync();

    /// <summary>Deletes the files of the projects that eventsdb knows nothing of any more.</summary>
    internal async Task DeleteGoneAsync(CancellationToken ct)
    {
        var kept = folder.Projects();
        if (kept.Count == 0)
            return;
        var known = new HashSet<Guid>();
        await using var command = database.CreateCommand(KnownSql);
        command.Parameters.AddWithValue("projects", kept.ToArray());
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                known.Add(reader.GetGuid(0));
        }
        foreach (var project in kept.Where(project => !known.Contains(project)))
            await Follower(project).DeleteAsync();
    }

    /// <summary>Closes the projects that were asked about least recently, until the rest is within bounds.</summary>
    internal async Task CloseIdleAsync()
    {
        var open = _followers.Values.Where(follower => follower.IsOpen).OrderBy(follower => follower.LastUse).ToList();
        var (bytes, count) = (open.Sum(follower => follower.MemoryBytes), open.Count);
        foreach (var follower in open.SkipLast(1))
        {
            if (bytes <= options.Value.MaxMemoryBytes && count <= options.Value.MaxProjects)
                return;
            (bytes, count) = (bytes - follower.MemoryBytes, count - 1);
            await follower.CloseAsync();
        }
    }

    /// <summary>Saves and closes every project.</summary>
    internal Task CloseAsync() => Task.WhenAll(_followers.Values.Select(follower => follower.CloseAsync()));

    private ProjectFollower Follower(Guid projectId) => _followers.GetOrAdd(
        projectId, id => new ProjectFollower(id, folder.Of(id), snapshots, options.Value, metrics, time, logger));
}
