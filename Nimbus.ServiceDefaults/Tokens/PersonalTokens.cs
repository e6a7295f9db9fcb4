using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// Personal access tokens, <c>nbp_…</c>, remembered for 30 seconds by their hash. One that is taken back is refused within a
/// second all the same, as an ended session is. While identity is away, those known within the last 15 minutes go on working.
/// </summary>
public sealed partial class PersonalTokens(IPersonalTokenSource source, TimeProvider time, ILogger<PersonalTokens> logger)
{
    /// <summary>What each token begins with.</summary>
    public const string Prefix = "nbp_";

    /// <summary>Characters behind the prefix.</summary>
    public const int SecretLength = 43;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Usable = TimeSpan.FromMinutes(15);

    // Bounds memory; asking again is all that a dropped answer costs. Unknown tokens are not kept: anyone can make them up.
    private const int MaxAnswers = 10_000;

    private readonly ConcurrentDictionary<string, Answer> answers = new();

    internal static bool IsOne(string token) => token.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>What a token is kept and looked up by: SHA-256 of its UTF-8 as lower-case hex.</summary>
    internal static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>The token, or null where it does not work.</summary>
    /// <exception cref="ProblemException">503 <c>identity_unavailable</c>: identity cannot be asked and has not answered lately.</exception>
    internal async Task<PersonalToken?> FindAsync(string secret, CancellationToken ct)
    {
        if (secret.Length != Prefix.Length + SecretLength || secret.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return null;
        var hash = HashOf(secret);
        var now = time.GetUtcNow();
        var known = answers.GetValueOrDefault(hash);
        if (known is null || now - known.At >= Fresh)
        {
            try
            {
                var token = await source.FindAsync(hash, ct);
                if (answers.Count >= MaxAnswers)
                    answers.Clear();
                known = token is null ? null : answers[hash] = new Answer(token, now);
                if (known is null)
                    answers.TryRemove(hash, out _);
            }
            catch (Exception failure) when (!ct.IsCancellationRequested)
            {
                LogIdentityAway(failure.GetType().Name);
                if (known is null || now - known.At >= Usable)
                    throw new ProblemException(503, "identity_unavailable", "Whose token this is cannot be found out right now.");
            }
        }
        return known?.Token is { } found && found.ExpiresAt > now ? found : null;
    }

    private sealed record Answer(PersonalToken Token, DateTimeOffset At);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Personal access tokens cannot be looked up ({Failure})")]
    private partial void LogIdentityAway(string failure);
}
