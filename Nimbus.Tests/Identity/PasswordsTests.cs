using System.Buffers.Binary;
using Nimbus.IdentityService.Users;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.Identity;

public sealed class PasswordsTests
{
    [Fact]
    public void Only_the_right_password_passes()
    {
        using var passwords = new Passwords(iterations: 1000);
        var hash = passwords.Hash("correct horse");
        Assert.Equal(PasswordCheck.Right, passwords.Check(hash, "correct horse"));
        Assert.Equal(PasswordCheck.Wrong, passwords.Check(hash, "correct horse "));
    }

    [Fact]
    public void A_hash_of_fewer_iterations_passes_and_is_stale()
    {
        using var before = new Passwords(iterations: 1000);
        var hash = before.Hash("correct horse");
        using var today = new Passwords(iterations: 2000);
        Assert.Equal(PasswordCheck.RightButStale, today.Check(hash, "correct horse"));
        Assert.Equal(PasswordCheck.Wrong, today.Check(hash, "wrong horse"));
        Assert.Equal(PasswordCheck.Right, today.Check(today.Hash("correct horse"), "correct horse"));
    }

    [Fact]
    public void Nobodys_password_is_wrong()
    {
        using var passwords = new Passwords(iterations: 1000);
        Assert.Equal(PasswordCheck.Wrong, passwords.Check(hash: null, "correct horse"));
    }

    [Fact]
    public void Passwords_are_hashed_with_PBKDF2_over_HMAC_SHA512_and_todays_count()
    {
        // The framework's format 3: marker, then big-endian: function (2 = HMAC-SHA512), iterations, salt length.
        using var passwords = new Passwords();
        var hash = Convert.FromBase64String(passwords.Hash("correct horse"));
        Assert.Equal(1, hash[0]);
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(1)));
        Assert.Equal(210_000u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)));
        Assert.Equal(16u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(9)));
    }

    [Fact]
    public void Passwords_may_hold_what_no_database_stores()
    {
        using var passwords = new Passwords(iterations: 1000);
        Assert.Equal(PasswordCheck.Right, passwords.Check(passwords.Hash("nul \0 inside"), "nul \0 inside"));
    }

    [Fact]
    public async Task Who_comes_when_too_many_wait_is_told_that_it_is_busy()
    {
        using var passwords = new Passwords(maxWaiting: 1);
        // One a processor but one is at work, one waits, and the others are sent away.
        var tries = Enumerable.Range(0, Environment.ProcessorCount + 10)
            .Select(_ => passwords.HashAsync("correct horse", CancellationToken.None)).ToList();
        var outcomes = await Task.WhenAll(tries.Select(t => t.ContinueWith(
            done => (done.Exception?.InnerException as ProblemException)?.Code ?? "hashed", TaskScheduler.Default)));
        Assert.Equal(Math.Max(1, Environment.ProcessorCount - 1) + 1, outcomes.Count(outcome => outcome == "hashed"));
        Assert.Equal(tries.Count - Math.Max(1, Environment.ProcessorCount - 1) - 1, outcomes.Count(outcome => outcome == "busy"));
    }
}
