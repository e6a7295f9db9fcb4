using Nimbus.IdentityService.Projects;

namespace Nimbus.Tests.Identity;

public sealed class ProjectRightsTests
{
    [Theory]
    [InlineData(ProjectAction.View, "owner admin analyst viewer")]
    [InlineData(ProjectAction.Edit, "owner admin")]
    [InlineData(ProjectAction.ManageKeys, "owner admin")]
    [InlineData(ProjectAction.ManageMembers, "owner admin")]
    [InlineData(ProjectAction.ManageOwners, "owner")]
    [InlineData(ProjectAction.ViewAudit, "owner admin")]
    [InlineData(ProjectAction.Delete, "owner")]
    public void Each_role_may_do_what_the_table_says_and_nothing_else(ProjectAction action, string roles)
    {
        var expected = roles.Split(' ').Order();
        var allowed = Enum.GetValues<ProjectRole>().Where(role => ProjectRights.Allows(role, action))
            .Select(role => role.ToString().ToLowerInvariant()).Order();
        Assert.Equal(expected, allowed);
    }

    [Fact]
    public void Every_action_has_a_row() =>
        Assert.Equal(Enum.GetValues<ProjectAction>().Order(), ProjectRights.Table.Keys.Order());

    [Fact]
    public void An_owner_may_do_everything() =>
        Assert.All(Enum.GetValues<ProjectAction>(), action => Assert.True(ProjectRights.Allows(ProjectRole.Owner, action)));
}
