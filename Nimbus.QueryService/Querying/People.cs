using Nimbus.Events;
using Npgsql;

namespace Nimbus.QueryService.Querying;

/// <summary>Whose an event is (docs/metrics.md#people): the person of its user id, else of its anonymous id, or nobody's.</summary>
public static class People
{
    /// <summary>Joins <c>ids who</c> to <c>events e</c>; <c>who.canonical</c> is the person, null for an event of nobody.</summary>
    /// <remarks>Needs <c>@project_id</c> and <see cref="Bind"/>. Only ASCII letters have a case here, as in ingestion.</remarks>
    public const string Join = """
        LEFT JOIN ids who ON who.project_id = @project_id AND who.key = coalesce(e.user_key, e.anon_key)
                         AND lower(who.raw_id COLLATE "C") <> ALL(@protected_ids)

        """;

    private static readonly string[] Protected = [.. ProtectedIds.All];

    public static void Bind(NpgsqlParameterCollection parameters) => parameters.AddWithValue("protected_ids", Protected);
}
