namespace Nimbus.Client;

/// <summary>Which events of a project to export, oldest first.</summary>
public sealed record ExportQuery(Guid ProjectId)
{
    /// <summary>From this time on: RFC 3339, or a date in the time zone of the project.</summary>
    public string? From { get; init; }

    /// <summary>Before this time, or to the end of this date.</summary>
    public string? To { get; init; }

    /// <summary>The layout of the import file, without what it has no column for; else JSON lines with every field.</summary>
    public bool Csv { get; init; }

    internal string ToPath() => new QueryPath("v1/export/events")
        .With("project_id", ProjectId)
        .With("from", From)
        .With("to", To)
        .With("format", Csv ? "csv" : "jsonl")
        .ToString();
}
