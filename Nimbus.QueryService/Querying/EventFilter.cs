using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Nimbus.QueryService.Querying;

/// <summary>Which events of a project are looked at: all that meet every condition given.</summary>
/// <param name="Name">The event's name.</param>
/// <param name="UserId">The user id on the event itself, as sent; ids it was merged with do not count.</param>
/// <param name="Properties">At most <see cref="MaxProperties"/>.</param>
/// <param name="Person">The canonical key of a person: events of any of their ids.</param>
public sealed record EventFilter(
    string? Name = null, string? UserId = null, IReadOnlyList<PropertyFilter>? Properties = null, long? Person = null)
{
    public const int MaxProperties = 20;

    private const string NameSql = """
        AND e.name_code = (SELECT code FROM event_names WHERE project_id = @project_id AND name = @name)
        """;

    private const string UserSql = """
        AND e.user_key = (SELECT key FROM ids WHERE project_id = @project_id AND raw_id = @user_id)
        """;

    private const string PersonSql = """
        AND coalesce(e.user_key, e.anon_key) = ANY(ARRAY(
            SELECT key FROM ids WHERE project_id = @project_id AND canonical = @person))
        """;

    /// <summary>Conditions on <c>events e</c> that follow a WHERE, each with its line break; needs <c>@project_id</c>.</summary>
    public string Sql
    {
        get
        {
            var sql = new StringBuilder();
            if (Name is not null)
                sql.AppendLine(NameSql);
            if (UserId is not null)
                sql.AppendLine(UserSql);
            if (Person is not null)
                sql.AppendLine(PersonSql);
            for (var i = 0; i < Properties?.Count; i++)
                sql.AppendLine($"AND e.props -> @filter_key_{i} = ANY(@filter_values_{i})");
            return sql.ToString();
        }
    }

    /// <summary>Binds what <see cref="Sql"/> names.</summary>
    public void Bind(NpgsqlParameterCollection parameters)
    {
        if (Name is not null) parameters.AddWithValue("name", Name);
        if (UserId is not null) parameters.AddWithValue("user_id", UserId);
        if (Person is { } person) parameters.AddWithValue("person", person);
        for (var i = 0; i < Properties?.Count; i++)
        {
            parameters.AddWithValue($"filter_key_{i}", Properties[i].Key);
            var values = Properties[i].Candidates.ToArray();
            parameters.AddWithValue($"filter_values_{i}", NpgsqlDbType.Array | NpgsqlDbType.Jsonb, values);
        }
    }
}
