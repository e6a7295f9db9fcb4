namespace Nimbus.QueryService.Querying;

/// <summary>Whose an event is (docs/metrics.md#people): a person's, or nobody's.</summary>
public static class People
{
    /// <summary>Joins <c>ids who</c> to <c>events e</c>; <c>who.canonical</c> is the person.</summary>
    /// <remarks>It is null for nobody: an event without an id, or with a protected one. Needs <c>@project_id</c>.</remarks>
    public const string Join = """
        LEFT JOIN ids who ON who.project_id = @project_id AND who.key = coalesce(e.user_key, e.anon_key)

        """;
}
