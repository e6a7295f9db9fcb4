using System.Buffers.Binary;
using Nimbus.IdentityService.Users;

namespace Nimbus.Tests.Identity;

public sealed class PasswordsTests
{
    [Fact]
    public void Only_the_right_password_passes()
    {
        var passwords = new Passwords(iterations: 1000);
        var hash = passwords.Hash("correct horse");
        Assert.Equal(PasswordCheck.Right, passwords.Check(hash, "correct horse"));
        Assert.Equal(PasswordCheck.Wrong, passwords.Check(hash, "correct horse "));
    }

    [Fact]
    public void A_hash_of_fewer_iterations_passes_and_is_stale()
    {
        var hash = new Passwords(iterations: 1000).Hash("correct horse");
        var today = new Passwords(iterations: 2000);
        Assert.Equal(PasswordCheck.RightButStale, today.Check(hash, "correct horse"));
        Assert.Equal(PasswordCheck.Wrong, today.Check(hash, "wrong horse"));
        Assert.Equal(PasswordCheck.Right, today.Check(today.Hash("correct horse"), "correct horse"));
    }

    [Fact]
    public void Nobodys_password_is_wrong() =>
        Assert.Equal(PasswordCheck.Wrong, new Passwords(iterations: 1000).Check(hash: null, "correct horse"));

    [Fact]
    public void Passwords_are_hashed_with_PBKDF2_over_HMAC_SHA512_and_todays_count()
    {
        // The framework's format 3: marker, then big-endian: function (2 = HMAC-SHA512), iterations, salt length.
        var hash = Convert.FromBase64String(new Passwords().Hash("correct horse"));
        Assert.Equal(1, hash[0]);
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(1)));
        Assert.Equal(210_000u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)));
        Assert.Equal(16u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(9)));
    }

    [Fact]
    public void Passwords_may_hold_what_no_database_stores()
    {
        var passwords = new Passwords(iterations: 1000);
        Assert.Equal(PasswordCheck.Right, passwords.Check(passwords.Hash("nul \0 inside"), "nul \0 inside"));
    }
}
