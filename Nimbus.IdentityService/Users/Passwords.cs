using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Nimbus.IdentityService.Requests;

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
public sealed class Passwords
{
    public const int MinLength = 8;

    /// <summary>Bounds what a stranger can make us hash.</summary>
    public const int MaxLength = 256;

    /// <summary>OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA512.</summary>
    public const int CurrentIterations = 210_000;

    private readonly PasswordHasher<User> hasher;
    private readonly string hashOfNobody;

    public Passwords(int iterations = CurrentIterations)
    {
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
}
