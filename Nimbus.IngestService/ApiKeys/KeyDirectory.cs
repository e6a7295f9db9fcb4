using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Nimbus.IngestService.Capture;

namespace Nimbus.IngestService.ApiKeys;

/// <summary>
/// The keys in use, remembered. A key that is known is used at once and asked for again in the background, so that a request
/// waits for identity only with a key that is new here, and known keys go on working while identity is down.
/// </summary>
internal sealed partial class KeyDirectory(
    IdentityKeys identity, IOptions<IngestOptions> options, TimeProvider time, ILogger<KeyDirectory> logger)
{
    // Far more than keys in use; past it somebody is guessing, and the guesses are forgotten.
    private const int MaxRemembered = 20_000;
    private const int LongestValue = 200;
    // Long enough for the first question of a process that has just been started, and for a second try where identity is being replaced.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(KeyKind, string), Remembered> _keys = new();
    private readonly ConcurrentDictionary<(KeyKind, string), Lazy<Task<ResolvedKey?>>> _asking = new();

    /// <summary>The key, or null where there is none.</summary>
    /// <exception cref="RefusedException">503: it is not known here, and identity cannot be asked.</exception>
    public async ValueTask<ResolvedKey?> FindAsync(KeyKind kind, string value, CancellationToken ct)
    {
        if (value.Length is 0 or > LongestValue)
            return null;
        if (_keys.TryGetValue((kind, value), out var known))
        {
            var age = time.GetUtcNow() - known.At;
            if (known.Key is null ? age < options.Value.UnknownKeyLifetime : age < options.Value.KeyLifetime)
                return known.Key;
            if (known.Key is not null)
            {
                _ = AskAsync(kind, value);
                return known.Key;
            }
        }
        try
        {
            return await AskAsync(kind, value).WaitAsync(ct);
        }
        catch (Exception away) when (away is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            throw RefusedException.Unavailable("keys_unavailable", "The key cannot be looked up at the moment.");
        }
    }

    /// <summary>Forgets a key: it has changed.</summary>
    public void Forget(string keyId)
    {
        foreach (var (asked, known) in _keys)
        {
            if (known.Key?.KeyId == keyId)
                _keys.TryRemove(asked, out _);
        }
    }

    /// <summary>Has a project's keys asked for again when they are next used: what is known of them may be out of date.</summary>
    public void AskAgain(string projectId)
    {
        if (!Guid.TryParseExact(projectId, "D", out var project))
            return;
        foreach (var (asked, known) in _keys)
        {
            if (known.Key?.ProjectId == project)
                _keys.TryUpdate(asked, known with { At = DateTimeOffset.MinValue }, known);
        }
    }

    private Task<ResolvedKey?> AskAsync(KeyKind kind, string value) =>
        _asking.GetOrAdd((kind, value), _ => new Lazy<Task<ResolvedKey?>>(() => AskOnceAsync(kind, value))).Value;

    private async Task<ResolvedKey?> AskOnceAsync(KeyKind kind, string value)
    {
        // Off the caller's path: the caller may be a request that goes on with what is known.
        await Task.Yield();
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            var key = await identity.ResolveAsync(kind, value, patience.Token);
            Remember((kind, value), key);
            return key;
        }
        catch (Exception away)
        {
            LogAway(away.Message);
            throw;
        }
        finally
        {
            _asking.TryRemove((kind, value), out _);
        }
    }

    private void Remember((KeyKind, string) asked, ResolvedKey? key)
    {
        if (_keys.Count >= MaxRemembered)
        {
            foreach (var (other, known) in _keys)
            {
                if (known.Key is null)
                    _keys.TryRemove(other, out _);
            }
        }
        _keys[asked] = new Remembered(key, time.GetUtcNow());
    }

    private sealed record Remembered(ResolvedKey? Key, DateTimeOffset At);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Identity did not say what it knows of a key: {Reason}")]
    private partial void LogAway(string reason);
}
