using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Nimbus.IngestService.Buffering;

/// <summary>
/// Whether what Redis says it took survives a crash: <c>appendonly yes</c>, <c>appendfsync always</c> and
/// <c>maxmemory-policy noeviction</c>. Looked at when starting, after each reconnect and every minute.
/// </summary>
internal sealed partial class RedisDurability(
    IConnectionMultiplexer redis, IOptions<IngestOptions> options, ILogger<RedisDurability> logger) : BackgroundService, IHealthCheck
{
    private static readonly (string Setting, string Wanted)[] Needed =
        [("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction")];

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _lookNow = new(0);

    private volatile string? _fault = "it has not been looked at yet";

    /// <summary>
    /// Why nothing may be acknowledged, or null where all is well, the operator vouches for it, or nothing is acknowledged
    /// before PostgreSQL has it.
    /// </summary>
    public string? Objection => IsNeeded && options.Value.RedisDurability == RedisDurabilityRule.Required ? _fault : null;

    private bool IsNeeded => options.Value.AckAfter == AckAfter.Stream;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_fault switch
        {
            _ when !IsNeeded => HealthCheckResult.Healthy("Not needed: a 202 is given after the commit in PostgreSQL"),
            null => HealthCheckResult.Healthy("appendonly yes, appendfsync always, maxmemory-policy noeviction"),
            var fault when Objection is null => HealthCheckResult.Degraded($"Trusted by setting, although {fault}"),
            var fault => HealthCheckResult.Unhealthy($"Nothing is acknowledged: {fault}"),
        });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        redis.ConnectionRestored += (_, _) => _lookNow.Release();
        while (!stoppingToken.IsCancellationRequested)
        {
            var looked = await LookAsync(stoppingToken);
            await _lookNow.WaitAsync(looked ? BetweenLooks : AfterFailure, stoppingToken);
        }
    }

    private async Task<bool> LookAsync(CancellationToken ct)
    {
        try
        {
            var faults = new List<string>();
            foreach (var server in redis.GetEndPoints())
            {
                foreach (var (setting, wanted) in Needed)
                {
                    var value = await SettingAsync(server, setting, ct);
                    if (value != wanted)
                        faults.Add($"{setting} is {value ?? "not told"}, not {wanted}");
                }
            }
            Set(faults.Count == 0 ? null : $"Redis could lose it: {string.Join(", ", faults.Distinct())}. Set these, or Nimbus__Ingest__RedisDurability=Trusted.");
            return true;
        }
        catch (RedisServerException refused)
        {
            Set($"Redis does not tell how it persists ({refused.Message}). Set Nimbus__Ingest__AckAfter=Database, or Nimbus__Ingest__RedisDurability=Trusted.");
            return true;
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            // What was found before still holds: an entry that Redis then takes, it takes as before.
            return false;
        }
    }

    /// <summary>Of one server; of a cluster that is each node, since each has its shards of the stream.</summary>
    private async Task<string?> SettingAsync(EndPoint server, string setting, CancellationToken ct)
    {
        if (redis.GetEndPoints().Length > 1)
        {
            var settings = await redis.GetServer(server).ConfigGetAsync(setting).WaitAsync(options.Value.RedisTimeout, ct);
            return settings.FirstOrDefault(pair => pair.Key == setting).Value;
        }
        var answer = (RedisResult[]?)await redis.GetDatabase().ExecuteAsync("CONFIG", "GET", setting).WaitAsync(options.Value.RedisTimeout, ct);
        return answer is { Length: 2 } ? (string?)answer[1] : null;
    }

    private void Set(string? fault)
    {
        if (fault is not null && fault != _fault && IsNeeded)
            LogFault(fault);
        _fault = fault;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Events cannot be acknowledged: {Fault}")]
    private partial void LogFault(string fault);
}
