using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Nimbus.IdentityService.ApiKeys;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.Identity;

public sealed class SecretBoxTests
{
    private const string KeyId = "nbk_0123456789ABCDEFGHIJKLMN";
    private static readonly SecretBox Box = new(new MasterKey(new string('m', 32)));

    [Fact]
    public void A_sealed_secret_opens_to_what_it_was()
    {
        var secret = KeyFormat.NewSecret();
        Assert.Equal(secret, Box.Open(MasterKey.FirstId, KeyId, Box.Seal(KeyId, secret)));
    }

    [Fact]
    public void A_secret_sealed_before_a_restart_opens_after_it()
    {
        var again = new SecretBox(new MasterKey(new string('m', 32)));
        Assert.Equal("nbs_x", again.Open(MasterKey.FirstId, KeyId, Box.Seal(KeyId, "nbs_x")));
    }

    [Fact]
    public void The_same_secret_is_sealed_differently_each_time() =>
        Assert.NotEqual(Box.Seal(KeyId, "nbs_x"), Box.Seal(KeyId, "nbs_x"));

    [Fact]
    public void A_sealed_secret_does_not_show_what_it_holds()
    {
        var box = Box.Seal(KeyId, "nbs_in_the_open");
        Assert.False(box.AsSpan().IndexOf("nbs_"u8) >= 0);
    }

    [Fact]
    public void A_change_of_any_bit_is_noticed()
    {
        var box = Box.Seal(KeyId, "nbs_x");
        for (var bit = 0; bit < box.Length * 8; bit++)
        {
            var changed = box.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.ThrowsAny<CryptographicException>(() => Box.Open(MasterKey.FirstId, KeyId, changed));
        }
    }

    [Fact]
    public void A_secret_cannot_be_moved_to_another_key() =>
        Assert.ThrowsAny<CryptographicException>(
            () => Box.Open(MasterKey.FirstId, "nbk_another", Box.Seal(KeyId, "nbs_x")));

    [Fact]
    public void Another_master_key_does_not_open_it()
    {
        var other = new SecretBox(new MasterKey(new string('n', 32)));
        Assert.ThrowsAny<CryptographicException>(() => other.Open(MasterKey.FirstId, KeyId, Box.Seal(KeyId, "nbs_x")));
    }

    [Fact]
    public void An_unknown_version_of_the_master_key_is_refused() =>
        Assert.Throws<CryptographicException>(() => Box.Open("v2", KeyId, Box.Seal(KeyId, "nbs_x")));

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(27)]
    public void A_box_that_is_cut_short_is_refused(int bytes) =>
        Assert.ThrowsAny<CryptographicException>(() => Box.Open(MasterKey.FirstId, KeyId, new byte[bytes]));

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData("1234567890123456789012345678901", "too short")] // 31
    public void A_master_key_that_will_not_do_is_named_with_its_remedy(string? text, string wrong)
    {
        var line = MasterKey.Wrong(Settings(text));
        Assert.Contains($"Nimbus:MasterKey is {wrong}", line, StringComparison.Ordinal);
        Assert.Contains("Nimbus__MasterKey", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line!);
    }

    [Fact]
    public void A_master_key_counts_in_bytes_of_UTF8()
    {
        Assert.Null(MasterKey.Wrong(Settings(new string('é', 16)))); // 16 × 2 bytes
        Assert.NotNull(MasterKey.Wrong(Settings(new string('é', 15))));
    }

    private static IConfiguration Settings(string? text) =>
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [MasterKey.Setting] = text }).Build();
}
