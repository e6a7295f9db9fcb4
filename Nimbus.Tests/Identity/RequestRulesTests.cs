using Nimbus.IdentityService.ApiKeys;
using Nimbus.IdentityService.Projects;
using Nimbus.IdentityService.Requests;
using Nimbus.IdentityService.Users;

namespace Nimbus.Tests.Identity;

public sealed class RequestRulesTests
{
    [Theory]
    [InlineData("ada@example.com")]
    [InlineData(" Ada.Lovelace+nimbus@Example.co.uk ")]
    [InlineData("root@localhost")]
    [InlineData("jürgen@müller.example")]
    public void Plausible_addresses_are_taken(string email) => Assert.True(EmailAddress.IsPlausible(email));

    [Theory]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("@example.com")]
    [InlineData("ada@")]
    [InlineData("ada@@example.com")]
    [InlineData("ada@a@b")]
    [InlineData("ada lovelace@example.com")]
    [InlineData("ada@example..com")]
    [InlineData("ada@.example.com")]
    [InlineData("ada@example.com.")]
    [InlineData("ada\0@example.com")]
    [InlineData("ada\n@example.com")]
    [InlineData("<ada@example.com>")]
    public void What_cannot_be_an_address_is_refused(string email) => Assert.False(EmailAddress.IsPlausible(email));

    [Fact]
    public void An_address_is_bounded_as_mail_bounds_it()
    {
        Assert.True(EmailAddress.IsPlausible($"{new string('a', 64)}@example.com"));
        Assert.False(EmailAddress.IsPlausible($"{new string('a', 65)}@example.com"));
        Assert.False(EmailAddress.IsPlausible($"ada@{new string('a', 251)}")); // 4 + 251 = 255
    }

    [Fact]
    public void Addresses_that_differ_in_case_and_outer_space_are_one() =>
        Assert.Equal(EmailAddress.Normalize("ada@example.com"), EmailAddress.Normalize(" Ada@EXAMPLE.com\t"));

    [Theory]
    [InlineData("plain", true, true)]
    [InlineData("smile \uD83D\uDE00", true, true)]
    [InlineData("two\nlines", true, false)]
    [InlineData("nul\0", false, false)]
    public void Text_that_PostgreSQL_refuses_is_recognised(string text, bool storable, bool oneLine)
    {
        Assert.Equal(storable, Text.IsStorable(text));
        Assert.Equal(oneLine, Text.IsOneLine(text));
    }

    [Fact]
    public void Half_a_surrogate_pair_cannot_be_stored() // in a fact: an attribute's text is UTF-8, which has none
    {
        Assert.False(Text.IsStorable("half \uD83D"));
        Assert.False(Text.IsOneLine("\uDE00 half"));
        Assert.False(EmailAddress.IsPlausible("ada\uD800@example.com"));
    }

    [Fact]
    public void Names_are_counted_in_characters_as_people_count()
    {
        var errors = new FieldErrors();
        Assert.Equal(string.Concat(Enumerable.Repeat("\uD83D\uDE00", 200)),
            errors.RequiredLine("name", string.Concat(Enumerable.Repeat("\uD83D\uDE00", 200)), 200));
        Assert.Null(errors.Problem);
        errors.RequiredLine("name", new string('x', 201), 200);
        Assert.NotNull(errors.Problem);
    }

    [Theory]
    [InlineData("UTC", true)]
    [InlineData("Europe/Berlin", true)]
    [InlineData("America/St_Johns", true)]
    [InlineData("US/Eastern", true)]
    [InlineData("europe/berlin", false)]
    [InlineData("Europe/Atlantis", false)]
    [InlineData("UTC+5", false)]
    [InlineData("", false)]
    public void Time_zones_are_those_of_IANA(string id, bool exists) => Assert.Equal(exists, TimeZones.Exists(id));

    [Theory]
    [InlineData("https://Shop.Example", "https://shop.example")]
    [InlineData("https://shop.example/", "https://shop.example")]
    [InlineData("https://shop.example:443", "https://shop.example")]
    [InlineData("http://localhost:3000", "http://localhost:3000")]
    [InlineData("http://[::1]:3000", "http://[::1]:3000")]
    [InlineData("capacitor://localhost", "capacitor://localhost")]
    [InlineData("https://müller.example", "https://xn--mller-kva.example")]
    public void Origins_are_kept_as_browsers_write_them(string given, string expected) =>
        Assert.Equal(expected, Origins.Canonical(given));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("shop.example")]
    [InlineData("https://shop.example/path")]
    [InlineData("https://shop.example?q")]
    [InlineData("https://user@shop.example")]
    [InlineData("mailto:ada@example.com")]
    [InlineData("file:///etc/passwd")]
    public void What_is_no_origin_is_refused(string? given) => Assert.Null(Origins.Canonical(given));

    [Fact]
    public void A_cursor_is_read_back_as_it_was_written()
    {
        var errors = new FieldErrors();
        var (page, next) = Paging.Read(2, cursor: null, Number, errors).Cut([1, 2, 3], n => $"{n}");
        Assert.Equal([1, 2], page);
        Assert.Equal(2, Paging.Read(2, next, Number, errors).After);
        Assert.Null(errors.Problem);
    }

    [Fact]
    public void The_last_page_has_no_cursor()
    {
        var (page, next) = Paging.Read(3, cursor: null, Number, new FieldErrors()).Cut([1, 2, 3], n => $"{n}");
        Assert.Equal([1, 2, 3], page);
        Assert.Null(next);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1001, null)]
    [InlineData(10, "not base64!")]
    [InlineData(10, "\0")]
    [InlineData(10, "A")]
    [InlineData(10, "YQ")] // base64url of "a", which is no number
    public void A_page_that_cannot_be_is_refused(int limit, string? cursor)
    {
        var errors = new FieldErrors();
        Paging.Read(limit, cursor, Number, errors);
        Assert.NotNull(errors.Problem);
    }

    private static int? Number(string text) => int.TryParse(text, out var number) ? number : null;
}
