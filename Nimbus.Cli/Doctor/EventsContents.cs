using System.Globalization;
using Nimbus.Cli.Backup;
using Npgsql;

namespace Nimbus.Cli.Doctor;

/// <summary>What the writers have to keep up in eventsdb.</summary>
internal static class EventsContents
{
    // Twice what a generation lasts by default: the roll-over waits for the stream, and for readers of the table.
    private static readonly TimeSpan OldGeneration = TimeSpan.FromDays(14);
    private static readonly TimeSpan SlowErasure = TimeSpan.FromDays(1);

    public static async Task LookAsync(NpgsqlConnection connection, Diagnosis found, CancellationToken ct)
    {
        const string WriterRemedy = "Is ingest-writer running? Its housekeeping does it; look at its log.";
        var month = new DateOnly(DateTime.UtcNow.Year, DateTime.UtcNow.Month, 1);
        var missing = new List<string>();
        foreach (var name in Enumerable.Range(0, 3).Select(ahead => month.AddMonths(ahead).ToString("'events_'yyyy_MM", CultureInfo.InvariantCulture)))
        {
            const string AttachedSql = "SELECT EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass AND c.relname = '{0}')";
            if (await DatabaseContents.AskAsync(connection, AttachedSql.Replace("{0}", name, StringComparison.Ordinal), ct) is not true)
                missing.Add(name);
        }
        if (missing.Count > 0)
            found.Fault($"the partitions {string.Join(", ", missing)} are missing", WriterRemedy);
        else
            found.Ok("the partitions of this month and the next two are there");

        var generation = TimeSpan.FromSeconds(await NumberAsync(
            connection, "SELECT coalesce(extract(epoch FROM clock_timestamp() - (SELECT since FROM event_key_generation)), -1)::float8", ct));
        if (generation < TimeSpan.Zero)
            found.Fault("event_key_generation has no row", "Restore a backup: it is not a whole database of Nimbus.");
        else if (generation > OldGeneration)
            found.Warn($"the generation of event keys is {generation.TotalDays:0} days old", WriterRemedy);
        else
            found.Ok($"event keys are in a generation of {generation.TotalDays:0} days");
        if (await DatabaseContents.AskAsync(connection, "SELECT count(*) FROM stream_epoch", ct) is not 1L)
            found.Fault("stream_epoch has no row", "INSERT INTO stream_epoch (epoch, since) VALUES (gen_random_uuid(), now())");

        var letters = (long)(await DatabaseContents.AskAsync(connection, "SELECT count(*) FROM dead_letters", ct))!;
        if (letters > 0)
        {
            var reason = await DatabaseContents.AskAsync(connection, "SELECT reason FROM dead_letters GROUP BY reason ORDER BY count(*) DESC LIMIT 1", ct);
            found.Warn($"{letters} dead letters, most of them {reason}", "Look at them (nimbus dead-letters list), correct or replay them, or give them up.");
        }
        else
        {
            found.Ok("no dead letters");
        }
        var slow = (long)(await DatabaseContents.AskAsync(
            connection, $"SELECT count(*) FROM erasures WHERE completed_at IS NULL AND requested_at < now() - interval '{SlowErasure.TotalHours:0} hours'", ct))!;
        if (slow > 0)
            found.Warn($"{slow} erasures of people are not finished after a day", "GET /v1/erasures/{id} says what each waits for; look at the log of ingest-writer.");
    }

    private static async Task<double> NumberAsync(NpgsqlConnection connection, string sql, CancellationToken ct) =>
        (double)(await DatabaseContents.AskAsync(connection, sql, ct))!;
}

/// <summary>What has to come to an end in identitydb.</summary>
internal static class IdentityContents
{
    public static async Task LookAsync(NpgsqlConnection connection, Diagnosis found, CancellationToken ct)
    {
        var deletions = (long)(await DatabaseContents.AskAsync(
            connection, "SELECT count(*) FROM projects WHERE deleted_at < now() - interval '1 hour' AND erased_at IS NULL", ct))!;
        if (deletions > 0)
            found.Warn($"{deletions} deleted projects still have events after an hour", "ingest-writer deletes them once the stream is past them; look at its log and at the lag.");
        else
            found.Ok("nothing of deleted projects is left behind");
        var people = (long)(await DatabaseContents.AskAsync(connection, "SELECT count(*) FROM users", ct))!;
        if (people > 0 && await DatabaseContents.AskAsync(connection, "SELECT EXISTS (SELECT FROM users WHERE is_administrator)", ct) is not true)
            found.Warn("nobody is administrator", "UPDATE users SET is_administrator = true WHERE email = …");
    }

    /// <summary>The names of master keys that secrets are sealed under.</summary>
    public static async Task LookAtMasterKeysAsync(InstallationSettings settings, Diagnosis found, CancellationToken ct)
    {
        if (settings["Nimbus:MasterKey"] is null || settings["ConnectionStrings:identitydb"] is not { } text)
            return;
        string[] known = [settings["Nimbus:MasterKeyId"] ?? "v1", .. settings.Below("Nimbus:OtherMasterKeys").Select(key => key.Name)];
        await using var connection = await DatabaseOption.OpenAsync(
            new NpgsqlConnectionStringBuilder(DatabaseOption.Require(text, DatabaseOption.Identity).ConnectionString) { Timeout = 5 }, ct);
        if (!(await DatabaseContents.TablesAsync(connection, ct)).Contains("api_keys"))
            return;
        await using var command = new NpgsqlCommand("SELECT DISTINCT master_key_id FROM api_keys WHERE master_key_id IS NOT NULL ORDER BY 1", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var id = reader.GetString(0);
            if (known.Contains(id))
                found.Ok($"secrets are sealed under master key {id}, which is given");
            else
                found.Fault($"secrets are sealed under master key {id}, which is not given", $"Set Nimbus__OtherMasterKeys__{id} to its text: without it those keys cannot sign (docs/security.md).");
        }
    }
}
