using Nimbus.Events;

namespace Nimbus.Tests.Ingest;

public class EventKeyTests
{
    private static readonly Guid Project = Guid.Parse("01930000-0000-7000-8000-000000000001");

    [Fact]
    public void The_hash_of_a_key_never_changes() =>
        // The first 16 bytes of SHA-256 over the project's 16 bytes and "ké1" in UTF-8.
        Assert.Equal(Guid.Parse("56ddf686-d585-3e84-1a91-d9c89974cb0a"), EventKey.Of(Project, "ké1"));

    [Fact]
    public void Another_project_or_key_has_another_hash()
    {
        var other = Guid.Parse("01930000-0000-7000-8000-000000000002");
        Assert.Equal(3, new[] { EventKey.Of(Project, "a"), EventKey.Of(Project, "b"), EventKey.Of(other, "a") }.Distinct().Count());
    }

    [Fact]
    public void A_long_key_is_hashed_whole() =>
        Assert.NotEqual(EventKey.Of(Project, new string('a', 5000)), EventKey.Of(Project, new string('a', 4999) + "b"));

    [Theory]
    [InlineData("", true)]
    [InlineData("UNDEFINED", true)]
    [InlineData("N/a", true)]
    [InlineData("00000000-0000-0000-0000-000000000000", true)]
    [InlineData("<nil>", true)]
    [InlineData("ada", false)]
    [InlineData("00", false)]
    [InlineData("null ", false)]
    public void Placeholders_are_protected_in_any_case(string id, bool isProtected) =>
        Assert.Equal(isProtected, ProtectedIds.Contains(id));
}
