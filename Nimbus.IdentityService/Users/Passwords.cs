using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Nimbus.IdentityService.Requests;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Users;

/// <summary>What checking a password found.</summary>
public enum PasswordCheck
{
    Wrong,
    Right,

    /// <summary>Right, but hashed with fewer iterations than are used today: hash it again.</summary>
    RightButStale,
}

/// <summary>Passwords by the framework's hasher: PBKDF2 with HMAC-SHA-512, a random salt, the count in the hash.</summary>
public sealed class Passwords : IDisposable
{
    public const int MinLength = 8;

    /// <summary>Bounds what a stranger can make us hash.</summary>
    public const int MaxLength = 256;

    /// <summary>OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA512.</summary>
    public const int CurrentIterations = 210_000;

    private readonly PasswordHasher<User> hasher;
    private readonly string hashOfNobody;
    private readonly ConcurrencyLimiter turns;

    /// <param name="maxWaiting">Who comes when so many wait for their turn is sent away.</param>
    public Passwords(int iterations = CurrentIterations, int maxWaiting = 100)
    {
        // A hash takes a processor for a tenth of a second. More at once would make each as slow as all, and starve what
        // else this service does.
        turns = new(new() { PermitLimit = Math.Max(1, Environment.ProcessorCount - 1), QueueLimit = maxWaiting });
        hasher = new(Options.Create(new PasswordHasherOptions
        {
            CompatibilityMode = PasswordHasherCompatibilityMode.IdentityV3,
            IterationCount = iterations,
        }));
        hashOfNobody = Hash(Guid.NewGuid().ToString());
    }

    /// <summary>A new password, with a complaint where it is too short or too long.</summary>
    internal static string Read(FieldErrors errors, string field, string? password)
    {
        if (string.IsNullOrEmpty(password))
            errors.Add(field, "is required");
        else if (password.Length is < MinLength or > MaxLength)
            errors.Add(field, $"must be {MinLength} to {MaxLength} characters long");
        return password ?? "";
    }

    /// <summary><see cref="Hash"/>, in turn.</summary>
    /// <exception cref="ProblemException">503 <c>busy</c>.</exception>
    public Task<string> HashAsync(string password, CancellationToken ct) => InTurnAsync(() => Hash(password), ct);

    /// <summary><see cref="Check"/>, in turn.</summary>
    /// <exception cref="ProblemException">503 <c>busy</c>.</exception>
    public Task<PasswordCheck> CheckAsync(string? hash, string password, CancellationToken ct) =>
        InTurnAsync(() => Check(hash, password), ct);

    // The framework's hasher takes a user to let others salt by it; its own does not look at it.
    public string Hash(string password) => hasher.HashPassword(null!, password);

    /// <param name="hash">Null where there is no account or no password: then the same work is done, and the answer is wrong.</param>
    public PasswordCheck Check(string? hash, string password)
    {
        var result = hasher.VerifyHashedPassword(null!, hash ?? hashOfNobody, password);
        return (hash, result) switch
        {
            (null, _) or (_, PasswordVerificationResult.Failed) => PasswordCheck.Wrong,
            (_, PasswordVerificationResult.SuccessRehashNeeded) => PasswordCheck.RightButStale,
            _ => PasswordCheck.Right,
        };
    }

    public void Dispose() => turns.Dispose();

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken ct)
    {
        using var turn = await turns.AcquireAsync(cancellationToken: ct);
        if (!turn.IsAcquired)
            throw new ProblemException(503, "busy", "Too many people sign in at this moment. Try again in a few seconds.");
        return await Task.Run(work, CancellationToken.None);
    }
}
