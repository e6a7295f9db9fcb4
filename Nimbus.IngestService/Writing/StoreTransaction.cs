using Npgsql;
using NpgsqlTypes;

namespace Nimbus.IngestService.Writing;

/// <summary>The transaction in which a batch is stored, and what it has found out and done so far.</summary>
internal sealed class StoreTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, WriterMemory memory)
{
    // A cluster finds the node of a statement by a constant, not by a column of the rows that it is given.
    private const string OfEachRow = "= n.project_id";

    public NpgsqlConnection Connection => connection;

    public NpgsqlTransaction Transaction => transaction;

    /// <summary>The one project of all that is stored by this, where that is known; null where there may be several.</summary>
    public Guid? OnlyProject { get; init; }

    /// <summary>What is known to be committed.</summary>
    public WriterMemory Memory => memory;

    /// <summary>What becomes known once this is committed.</summary>
    public WriterMemory Found { get; } = new();

    /// <summary>Which of the two tables of event keys is written; the other is only read.</summary>
    public int KeyGeneration { get; set; }

    /// <summary>The events that are stored by this.</summary>
    public List<EventRow> Stored { get; } = [];

    /// <summary>The events that were stored before, or earlier in this.</summary>
    public int Duplicates { get; set; }

    /// <summary>What cannot be stored.</summary>
    public List<DeadLetter> DeadLetters { get; } = [];

    /// <summary>By project the keys of ids whose canonical id this changes, or that are new and in no event; no project without any.</summary>
    public Dictionary<Guid, HashSet<long>> ChangedIds { get; } = [];

    /// <summary>The ids of the largest person that was looked at anew; 0 where none was.</summary>
    public int LargestPerson { get; private set; }

    public void SawPeopleOf(IEnumerable<int> ids) => LargestPerson = ids.Append(LargestPerson).Max();

    public void AddChanged(Guid project, IReadOnlyCollection<long> ids)
    {
        if (ids.Count == 0)
            return;
        if (!ChangedIds.TryGetValue(project, out var changed))
            ChangedIds[project] = changed = [];
        changed.UnionWith(ids);
    }

    public NpgsqlCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        command.Parameters.AddRange(parameters);
        if (OnlyProject is { } only && sql.Contains(OfEachRow, StringComparison.Ordinal))
        {
            command.CommandText = sql.Replace(OfEachRow, "= @only_project", StringComparison.Ordinal);
            command.Parameters.AddWithValue("only_project", only);
        }
        return command;
    }

    public static NpgsqlParameter Uuids(string name, IEnumerable<Guid> values) => Array(name, NpgsqlDbType.Uuid, values.ToArray());

    public static NpgsqlParameter Texts(string name, IEnumerable<string> values) => Array(name, NpgsqlDbType.Text, values.ToArray());

    public static NpgsqlParameter Longs(string name, IEnumerable<long> values) => Array(name, NpgsqlDbType.Bigint, values.ToArray());

    public static NpgsqlParameter Ints(string name, IEnumerable<int> values) => Array(name, NpgsqlDbType.Integer, values.ToArray());

    public static NpgsqlParameter Flags(string name, IEnumerable<bool> values) => Array(name, NpgsqlDbType.Boolean, values.ToArray());

    /// <summary>From Unix milliseconds.</summary>
    public static NpgsqlParameter Times(string name, IEnumerable<long> values) =>
        Array(name, NpgsqlDbType.TimestampTz, values.Select(ms => DateTimeOffset.FromUnixTimeMilliseconds(ms).UtcDateTime).ToArray());

    /// <summary>The same, where some may be missing.</summary>
    public static NpgsqlParameter TimesOrNull(string name, IEnumerable<long?> values) =>
        Array(name, NpgsqlDbType.TimestampTz, values.Select(ms => ms is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime : (DateTime?)null).ToArray());

    public static NpgsqlParameter Array<T>(string name, NpgsqlDbType type, T[] values) =>
        new(name, NpgsqlDbType.Array | type) { Value = values };
}
