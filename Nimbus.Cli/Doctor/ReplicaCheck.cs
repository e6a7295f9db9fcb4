using System.Diagnostics;
using Nimbus.Cli.Backup;
using Npgsql;

namespace Nimbus.Cli.Doctor;

/// <summary>The read replica of eventsdb, where there is one: that it is one, and keeps up.</summary>
internal static class ReplicaCheck
{
    public const string Name = "eventsdb-read";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(string primary, string replica, Diagnosis found, CancellationToken ct)
    {
        await using var copy = await PostgresCheck.OpenAsync(Name, DatabaseOption.Require(replica, Name), found, ct);
        if (copy is null)
            return;
        if (await DatabaseContents.AskAsync(copy, "SELECT pg_is_in_recovery()", ct) is false)
        {
            found.Warn("it is no replica: what is read from it the primary could answer as well, or it is another database",
                $"Name a streaming replica of eventsdb in ConnectionStrings__{Name}, or take it away.");
            return;
        }
        await using var original = await DatabaseOption.OpenAsync(DatabaseOption.Require(primary, DatabaseOption.Events), ct);
        const string SystemSql = "SELECT system_identifier::text || '/' || current_database() FROM pg_control_system()";
        if (!Equals(await DatabaseContents.AskAsync(original, SystemSql, ct), await DatabaseContents.AskAsync(copy, SystemSql, ct)))
        {
            found.Fault("it is a replica of another database than eventsdb", $"Correct ConnectionStrings__{Name}, or take it away.");
            return;
        }
        var wanted = (string)(await DatabaseContents.AskAsync(original, "SELECT pg_current_wal_flush_lsn()::text", ct))!;
        var begun = Stopwatch.StartNew();
        while (await DatabaseContents.AskAsync(copy, $"SELECT pg_last_wal_replay_lsn() >= '{wanted}'::pg_lsn", ct) is not true)
        {
            if (begun.Elapsed > Patience)
            {
                found.Warn($"it is behind: {Patience.TotalSeconds:0} s later it has not what the primary had, so the primary is read",
                    "Look at pg_stat_replication on the primary and at the replica's log: network, disk, or a long query that holds up what it gets.");
                return;
            }
            await Task.Delay(20, ct);
        }
        found.Ok($"it has what the primary had {begun.Elapsed.TotalMilliseconds:0} ms before");
    }
}
