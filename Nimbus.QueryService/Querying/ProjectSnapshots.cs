using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Data;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Nimbus.Events;
using Nimbus.QueryService.Engine;
using Nimbus.ServiceDefaults;
using Npgsql;

namespace Nimbus.QueryService.Querying;

/// <summary>What <see cref="ProjectSnapshots"/> may hold; configuration section <c>Nimbus:Snapshots</c>.</summary>
public sealed record SnapshotOptions
{
    /// <summary>A project with more events than this is 400 <c>project_too_large</c>.</summary>
    [Range(1000, 1_000_000_000)]
    public long MaxEvents { get; init; } = 5_000_000;

    /// <summary>How many projects are kept in memory, the last ones asked about.</summary>
    [Range(1, 10_000)]
    public int MaxProjects { get; init; } = 20;

    /// <summary>Loading a project may take this long.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LoadTimeout { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>The state of projects that query documents are answered from: read from eventsdb when it has changed.</summary>
/// <remarks>A state is whole as of the project's sequence number and is kept until that moves.</remarks>
public sealed class ProjectSnapshots(NpgsqlDataSource database, IOptions<SnapshotOptions> options)
{
    private const string SequenceSql = """
        SELECT (SELECT n FROM project_seq WHERE project_id = @project_id), (SELECT epoch FROM stream_epoch)
        """;

    private const string NamesSql = "SELECT code, name FROM event_names WHERE project_id = @project_id";

    private const string IdsSql = """
        SELECT key, person_id, first_seen, canonical FROM ids WHERE project_id = @project_id ORDER BY key
        """;

    // Counts on events_by_time.
    private const string EventsSql = """
        SELECT ts, name_code, type, user_key, anon_key, seq, props::text, context::text
        FROM visible_events WHERE project_id = @project_id
        ORDER BY ts, id
        LIMIT @take
        """;

    private readonly ConcurrentDictionary<Guid, Kept> _projects = new();
    private long _uses;

    /// <exception cref="ProblemException">400 <c>project_too_large</c>, or 503 <c>database_unavailable</c>.</exception>
    public async Task<ProjectSnapshot> OpenAsync(Guid projectId, CancellationToken ct)
    {
        var kept = _projects.GetOrAdd(projectId, _ => new Kept());
        kept.LastUse = Interlocked.Increment(ref _uses);
        DropOldest();
        // Whoever asks while it is loaded waits for it, and finds it as it then is.
        await kept.Loading.WaitAsync(ct);
        try
        {
            await using var connection = await database.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
            var sequence = await SequenceAsync(connection, projectId, ct);
            if (kept.State is null || kept.Sequence != sequence)
            {
                kept.State = null;
                kept.State = await LoadAsync(connection, projectId, sequence.N, ct);
                kept.Sequence = sequence;
            }
            return new ProjectSnapshot(kept.State);
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            throw new ProblemException(503, "database_unavailable", "The events database cannot be reached. Try again.");
        }
        finally
        {
            kept.Loading.Release();
        }
    }

    private void DropOldest()
    {
        if (_projects.Count <= options.Value.MaxProjects) return;
        _projects.TryRemove(_projects.MinBy(project => project.Value.LastUse).Key, out _);
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string sql, Guid projectId)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)options.Value.LoadTimeout.TotalSeconds };
        command.Parameters.AddWithValue("project_id", projectId);
        return command;
    }

    private async Task<(long N, Guid Epoch)> SequenceAsync(NpgsqlConnection connection, Guid projectId, CancellationToken ct)
    {
        await using var command = Command(connection, SequenceSql, projectId);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.IsDBNull(0) ? 0 : reader.GetInt64(0), reader.GetGuid(1));
    }

    private async Task<ProjectState> LoadAsync(NpgsqlConnection connection, Guid projectId, long n, CancellationToken ct)
    {
        var names = await NamesAsync(connection, projectId, ct);
        var (people, dense) = await PeopleAsync(connection, projectId, n, ct);
        var columns = new ColumnSet();
        var rows = new RowBuffer();
        await using var command = Command(connection, EventsSql, projectId);
        command.Parameters.AddWithValue("take", options.Value.MaxEvents + 1);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, ct);
        while (await reader.ReadAsync(ct))
        {
            if (rows.Count == options.Value.MaxEvents)
                throw new ProblemException(400, "project_too_large",
                    $"Query documents are answered for projects of at most {options.Value.MaxEvents:N0} events here.");
            var ms = new DateTimeOffset(reader.GetDateTime(0)).ToUnixTimeMilliseconds();
            var name = reader.GetInt32(1);
            var type = (EventType)reader.GetInt16(2);
            long? user = reader.IsDBNull(3) ? null : reader.GetInt64(3);
            long? anonymous = reader.IsDBNull(4) ? null : reader.GetInt64(4);
            long? seq = reader.IsDBNull(5) ? null : reader.GetInt64(5);
            var person = (user ?? anonymous) is { } key ? dense[key] : -1;
            rows.Add(ms, name, person, EventFlags.Of(type, user is null && anonymous is not null), seq);
            SetCodes(rows, columns, PropertySource.Props, reader.GetFieldValue<byte[]>(6));
            if (!reader.IsDBNull(7)) SetCodes(rows, columns, PropertySource.Context, reader.GetFieldValue<byte[]>(7));
        }
        var codes = new Dictionary<string, int>();
        for (var code = 0; code < names.Count; code++)
            if (names[code] is { } name) codes.Add(name, code);
        return new ProjectState(n, names, codes, people, columns, rows.ToBlocks());
    }

    private async Task<List<string?>> NamesAsync(NpgsqlConnection connection, Guid projectId, CancellationToken ct)
    {
        var names = new List<string?>();
        await using var command = Command(connection, NamesSql, projectId);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var code = reader.GetInt32(0);
            while (names.Count <= code) names.Add(null);
            names[code] = reader.GetString(1);
        }
        return names;
    }

    private async Task<(PersonMap People, Dictionary<long, int> Dense)> PeopleAsync(
        NpgsqlConnection connection, Guid projectId, long n, CancellationToken ct)
    {
        var dense = new Dictionary<long, int>();
        var canonicalKeys = new List<long?>();
        var personIds = new List<Guid>();
        var firstSeen = new List<long>();
        await using var command = Command(connection, IdsSql, projectId);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            dense.Add(reader.GetInt64(0), dense.Count);
            personIds.Add(reader.GetGuid(1));
            firstSeen.Add(new DateTimeOffset(reader.GetDateTime(2)).ToUnixTimeMilliseconds());
            canonicalKeys.Add(reader.IsDBNull(3) ? null : reader.GetInt64(3));
        }
        int[] canonical = [.. canonicalKeys.Select(key => key is { } known ? dense[known] : -1)];
        return (new PersonMap(dense.Count, canonical, [.. personIds], [.. firstSeen], [.. dense.Keys], n), dense);
    }

    private static void SetCodes(RowBuffer rows, ColumnSet columns, PropertySource source, byte[] json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 128 });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var column = columns.Add(new PropertyKey(source, reader.GetString()!));
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (column >= 0)
                rows.SetCode(column, columns[column].Values.Add(PropertyValue.OfJson(json.AsSpan(start, (int)reader.BytesConsumed - start))));
        }
    }

    private sealed class Kept
    {
        public SemaphoreSlim Loading { get; } = new(1, 1);

        public ProjectState? State { get; set; }

        public (long N, Guid Epoch) Sequence { get; set; }

        public long LastUse { get; set; }
    }
}
