using Nimbus.IdentityService.Tokens;

namespace Nimbus.Tests.Identity;

public sealed class RefreshRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(false, false, 1, RefreshVerdict.Rotate)]
    [InlineData(false, false, 0, RefreshVerdict.Ended)] // the end itself is too late
    [InlineData(false, false, -1, RefreshVerdict.Ended)]
    [InlineData(false, true, 1, RefreshVerdict.Ended)]
    [InlineData(true, false, 1, RefreshVerdict.Reused)]
    [InlineData(true, true, 1, RefreshVerdict.Reused)]
    [InlineData(true, false, -1, RefreshVerdict.Reused)]
    public void A_token_is_good_once_in_time_and_while_its_session_runs(
        bool used, bool revoked, int secondsLeft, RefreshVerdict expected)
    {
        var session = new Session
        {
            Id = Guid.NewGuid(),
            UserId = Guid.NewGuid(),
            CreatedAt = Now.AddDays(-1),
            ExpiresAt = Now.AddDays(6),
            RevokedAt = revoked ? Now.AddMinutes(-1) : null,
        };
        var token = new RefreshToken
        {
            Hash = RefreshToken.HashOf("nbr_x"),
            SessionId = session.Id,
            CreatedAt = Now.AddDays(-1),
            ExpiresAt = Now.AddSeconds(secondsLeft),
            UsedAt = used ? Now.AddMinutes(-5) : null,
        };
        Assert.Equal(expected, RefreshRules.Judge(token, session, Now));
    }

    [Theory]
    [InlineData(0, 7)]
    [InlineData(80, 87)]
    [InlineData(83, 90)]
    [InlineData(88, 90)] // 88 + 7 = 95: cut at 90
    public void A_session_ends_seven_days_after_its_last_refresh_and_ninety_after_the_sign_in(int refreshedOnDay, int endsOnDay) =>
        Assert.Equal(Now.AddDays(endsOnDay), RefreshRules.ExpiryOf(Now, Now.AddDays(refreshedOnDay)));

    [Fact]
    public void Refresh_tokens_are_random_over_256_bits()
    {
        Assert.Matches("^nbr_[0-9A-Za-z]{43}$", RefreshToken.NewToken());
        Assert.True(Math.Log2(62) * RandomText.CharactersFor256Bits >= 256);
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => RefreshToken.NewToken()).Distinct().Count());
    }
}
