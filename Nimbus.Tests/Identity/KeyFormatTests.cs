using System.Security.Cryptography;
using System.Text;
using Nimbus.IdentityService.ApiKeys;

namespace Nimbus.Tests.Identity;

public sealed class KeyFormatTests
{
    [Fact]
    public void Keys_look_as_the_contract_says()
    {
        Assert.Matches("^nbk_[0-9A-Za-z]{24}$", KeyFormat.NewId());
        Assert.Matches("^nbs_[0-9A-Za-z]{43}$", KeyFormat.NewSecret());
        Assert.Matches("^nbw_[0-9A-Za-z]{32}$", KeyFormat.NewWriteKey());
    }

    [Fact]
    public void New_keys_are_recognised()
    {
        Assert.True(KeyFormat.IsId(KeyFormat.NewId()));
        Assert.True(KeyFormat.IsWriteKey(KeyFormat.NewWriteKey()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nbk_")]
    [InlineData("nbk_0123456789ABCDEFGHIJKLM")] // 23
    [InlineData("nbk_0123456789ABCDEFGHIJKLMNO")] // 25
    [InlineData("NBK_0123456789ABCDEFGHIJKLMN")]
    [InlineData("nbw_0123456789ABCDEFGHIJKLMN")]
    [InlineData("nbk_0123456789ABCDEFGHIJKLM\0")]
    [InlineData("nbk_0123456789ABCDEFGHIJKLMé")]
    public void What_is_no_key_id_is_not_taken_for_one(string? text) => Assert.False(KeyFormat.IsId(text));

    [Fact]
    public void A_secrets_hash_is_found_again_by_its_hexadecimal_form()
    {
        var secret = KeyFormat.NewSecret();
        var hex = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
        Assert.Equal(KeyFormat.HashOf(secret), KeyFormat.ParseHash(hex));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("abc")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] // upper case
    [InlineData("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    public void What_is_no_hash_is_not_taken_for_one(string? text) => Assert.Null(KeyFormat.ParseHash(text));
}
