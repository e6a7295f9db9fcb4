using System.Globalization;
using StackExchange.Redis;

namespace Nimbus.Cli.Doctor;

/// <summary>Redis: that it keeps what it says it took, and that somebody empties the stream.</summary>
internal static class RedisCheck
{
    private const string Group = "writers";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(60);
    private static readonly Version Oldest = new(6, 2);

    private static readonly (string Setting, string Wanted)[] Needed =
        [("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction")];

    public static async Task RunAsync(InstallationSettings settings, Diagnosis found, CancellationToken ct)
    {
        if (settings["ConnectionStrings:redis"] is not { } text)
        {
            found.Unknown("ConnectionStrings__redis was not given to this command", "Run it with the environment of the services, or with --env-file.");
            return;
        }
        if (await ConnectAsync(text, found) is not { } redis)
            return;
        using (redis)
        {
            var db = redis.GetDatabase();
            var before = DateTimeOffset.UtcNow;
            var time = (RedisResult[]?)await db.ExecuteAsync("TIME").WaitAsync(Patience, ct);
            found.Clock(DateTimeOffset.FromUnixTimeSeconds((long)time![0]), before - TimeSpan.FromSeconds(1), DateTimeOffset.UtcNow);
            var info = Info((string?)await db.ExecuteAsync("INFO").WaitAsync(Patience, ct) ?? "");
            LookAtServer(info, found);
            await LookAtPersistenceAsync(db, settings, info, found, ct);
            var shards = int.TryParse(settings["Nimbus:Events:Shards"], CultureInfo.InvariantCulture, out var number) ? number : 1;
            await LookAtStreamAsync(db, shards, found, ct);
        }
    }

    private static async Task<ConnectionMultiplexer?> ConnectAsync(string text, Diagnosis found)
    {
        try
        {
            var options = ConfigurationOptions.Parse(text);
            options.AbortOnConnectFail = true;
            options.ConnectTimeout = (int)Patience.TotalMilliseconds;
            return await ConnectionMultiplexer.ConnectAsync(options);
        }
        catch (Exception broken) when (broken is ArgumentException or FormatException)
        {
            found.Fault("ConnectionStrings__redis is no connection string of Redis", "Write host:port,password=… (and ssl=true where it has TLS).");
        }
        catch (RedisConnectionException away)
        {
            found.Fault($"it does not answer: {away.Message.Split(';')[0]}", "Start it, or correct address and password in ConnectionStrings__redis.");
        }
        return null;
    }

    private static void LookAtServer(Dictionary<string, string> info, Diagnosis found)
    {
        var text = info.GetValueOrDefault("redis_version", "");
        if (Version.TryParse(text, out var version) && version < Oldest)
            found.Fault($"it is Redis {text}", $"Upgrade it to {Oldest} or newer.");
        else
            found.Ok($"Redis {text} answers");
        if (info.GetValueOrDefault("role") == "slave")
            found.Fault("it is a replica: nothing can be taken", "Name the primary in ConnectionStrings__redis.");
        if (Number(info, "maxmemory") is > 0 and var most && Number(info, "used_memory") > most * 0.8)
            found.Warn($"{Number(info, "used_memory") / (1 << 20):N0} of {most / (1 << 20):N0} MiB are in use", "Give it more memory, or lower Nimbus__Ingest__MaxPendingBytes: when it is full, intake answers 503.");
    }

    private static async Task LookAtPersistenceAsync(
        IDatabase db, InstallationSettings settings, Dictionary<string, string> info, Diagnosis found, CancellationToken ct)
    {
        var isVouchedFor = string.Equals(settings["Nimbus:Ingest:AckAfter"], "Database", StringComparison.OrdinalIgnoreCase)
            || string.Equals(settings["Nimbus:Ingest:RedisDurability"], "Trusted", StringComparison.OrdinalIgnoreCase);
        try
        {
            var wrong = 0;
            foreach (var (setting, wanted) in Needed)
            {
                var answer = (RedisResult[]?)await db.ExecuteAsync("CONFIG", "GET", setting).WaitAsync(Patience, ct);
                var value = answer is { Length: 2 } ? (string?)answer[1] : "not told";
                if (value == wanted)
                    continue;
                wrong++;
                var what = $"{setting} is {value}, not {wanted}: it can lose what it says it took";
                if (isVouchedFor && setting != "maxmemory-policy")
                    found.Warn(what, "Vouched for by Nimbus__Ingest__AckAfter or __RedisDurability.");
                else
                    found.Fault(what, $"Start it with --{setting} {wanted}, or set Nimbus__Ingest__AckAfter=Database (docs/durability.md). Until then intake takes nothing.");
            }
            if (wrong == 0)
                found.Ok("appendonly yes, appendfsync always, maxmemory-policy noeviction");
            var folder = (RedisResult[]?)await db.ExecuteAsync("CONFIG", "GET", "dir").WaitAsync(Patience, ct);
            if (folder is { Length: 2 } && (string?)folder[1] is { Length: > 0 } path && db.Multiplexer.GetEndPoints().All(IsHere) && Directory.Exists(path))
                found.Disk(path, "the folder of Redis' file");
        }
        catch (RedisServerException refused)
        {
            if (isVouchedFor)
                found.Ok("it does not tell how it persists, and Nimbus__Ingest__AckAfter or __RedisDurability says what to make of it");
            else
                found.Fault($"it does not tell how it persists ({refused.Message})", "Set Nimbus__Ingest__AckAfter=Database, or Nimbus__Ingest__RedisDurability=Trusted.");
        }
        if (info.GetValueOrDefault("aof_last_write_status", "ok") != "ok")
            found.Fault("its last write to the append-only file failed", "Is its disk full? Look at its log.");
        if (info.GetValueOrDefault("aof_last_bgrewrite_status", "ok") != "ok")
            found.Warn("its append-only file could not be rewritten, and grows", "Is its disk full, or memory short for a fork? Look at its log.");
    }

    private static async Task LookAtStreamAsync(IDatabase db, int shards, Diagnosis found, CancellationToken ct)
    {
        var (waiting, oldest, unread, quietest) = (0L, TimeSpan.Zero, 0, TimeSpan.Zero);
        for (var shard = 0; shard < shards; shard++)
        {
            RedisKey stream = $"nimbus:events:{{{shard.ToString(CultureInfo.InvariantCulture)}}}";
            waiting += (long)await db.ExecuteAsync("XLEN", stream).WaitAsync(Patience, ct);
            // The first entry that is left is the oldest that waits; its id begins with the time it was added at.
            var first = (RedisResult[]?)await db.ExecuteAsync("XRANGE", stream, "-", "+", "COUNT", "1").WaitAsync(Patience, ct);
            if (first is [var entry, ..])
            {
                var added = ((string?)((RedisResult[])entry!)[0])!.Split('-')[0];
                var age = DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(added, CultureInfo.InvariantCulture));
                oldest = age > oldest ? age : oldest;
            }
            if (await QuietAsync(db, stream, ct) is not { } quiet)
                unread++;
            else if (quiet > quietest)
                quietest = quiet;
        }
        if (unread > 0)
            found.Fault($"nobody reads {unread} of {shards} shards of the stream", "Start ingest-writer (ingest with --role writer), with the same Nimbus__Events__Shards as here.");
        else if (quietest > Stalled)
            found.Fault($"no writer has asked for events for {quietest.TotalSeconds:0} s", "Start ingest-writer, or look at its log.");
        const string Remedy = "Look at the log of ingest-writer and at eventsdb; more writers help where it is load.";
        if (oldest > Stalled)
            found.Fault($"{waiting} requests wait to be stored, the oldest for {oldest.TotalSeconds:0} s", Remedy);
        else if (oldest > Behind)
            found.Warn($"{waiting} requests wait to be stored, the oldest for {oldest.TotalSeconds:0} s", Remedy);
        else
            found.Ok($"{waiting} requests wait to be stored");
    }

    /// <summary>How long ago the last of the writers asked; null where there is none.</summary>
    private static async Task<TimeSpan?> QuietAsync(IDatabase db, RedisKey stream, CancellationToken ct)
    {
        try
        {
            var consumers = (RedisResult[]?)await db.ExecuteAsync("XINFO", "CONSUMERS", stream, Group).WaitAsync(Patience, ct) ?? [];
            var idle = consumers.Select(consumer => (RedisResult[])consumer!)
                .Select(fields => (long)fields[Array.FindIndex(fields, field => (string?)field == "idle") + 1]).ToList();
            return idle.Count == 0 ? null : TimeSpan.FromMilliseconds(idle.Min());
        }
        catch (RedisServerException)
        {
            // No stream, or no group.
            return null;
        }
    }

    private static bool IsHere(System.Net.EndPoint end) => end switch
    {
        System.Net.IPEndPoint ip => System.Net.IPAddress.IsLoopback(ip.Address),
        System.Net.DnsEndPoint dns => dns.Host == "localhost",
        _ => false,
    };

    private static Dictionary<string, string> Info(string text) => text.Split('\n')
        .Select(line => line.Trim().Split(':', 2)).Where(pair => pair.Length == 2)
        .GroupBy(pair => pair[0]).ToDictionary(group => group.Key, group => group.First()[1]);

    private static long Number(Dictionary<string, string> info, string field) =>
        long.TryParse(info.GetValueOrDefault(field), CultureInfo.InvariantCulture, out var number) ? number : 0;
}
