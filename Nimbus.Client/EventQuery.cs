namespace Nimbus.Client;

/// <summary>Which events of a project, and in which order.</summary>
public sealed record EventQuery(Guid ProjectId)
{
    /// <summary>Only events of this name.</summary>
    public string? Name { get; init; }

    /// <summary>Only events of this user id.</summary>
    public string? UserId { get; init; }

    /// <summary>From this instant on.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this instant.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only events whose property has the value: the text, or the number or boolean written so.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    /// <summary>Oldest first; else newest first.</summary>
    public bool Ascending { get; init; }

    /// <summary>At most this many, 1 to 1,000; none: the server's default.</summary>
    public int? Limit { get; init; }

    /// <summary>The <see cref="EventPage.NextCursor"/> of the page before.</summary>
    public string? Cursor { get; init; }

    internal string ToPath() => new QueryPath("v1/events")
        .With("project_id", ProjectId)
        .With("name", Name)
        .With("user_id", UserId)
        .With("from", From)
        .With("to", To)
        .WithProperties(Properties)
        .With("order", Ascending ? "asc" : null)
        .With("limit", Limit)
        .With("cursor", Cursor)
        .ToString();
}
