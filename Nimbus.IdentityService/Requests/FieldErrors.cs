using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.ServiceDefaults;

namespace Nimbus.IdentityService.Requests;

/// <summary>Gathers what is wrong with a request, by its field's name on the wire, so that one answer says it all.</summary>
public sealed class FieldErrors
{
    private readonly Dictionary<string, string[]> errors = [];

    /// <summary>400 <c>validation_failed</c>; null when nothing was wrong.</summary>
    public ProblemHttpResult? Problem => errors.Count == 0 ? null : ServiceDefaults.Problem.Invalid(errors);

    public void Add(string field, string message) =>
        errors[field] = errors.TryGetValue(field, out var before) ? [.. before, message] : [message];

    /// <summary>A line that must be there: trimmed, 1 to <paramref name="maxLength"/> characters.</summary>
    public string RequiredLine(string field, string? value, int maxLength)
    {
        var line = value?.Trim() ?? "";
        if (line.Length == 0)
            Add(field, "is required");
        else
            CheckLine(field, line, maxLength);
        return line;
    }

    /// <summary>A line that may be missing; blank counts as missing.</summary>
    public string? OptionalLine(string field, string? value, int maxLength)
    {
        var line = value?.Trim();
        if (string.IsNullOrEmpty(line))
            return null;
        CheckLine(field, line, maxLength);
        return line;
    }

    /// <summary>Text of any number of lines that may be missing.</summary>
    public string? OptionalText(string field, string? value, int maxLength)
    {
        var text = value?.Trim();
        if (string.IsNullOrEmpty(text))
            return null;
        if (!Text.IsStorable(text))
            Add(field, "holds characters that cannot be stored");
        else if (Text.Length(text) > maxLength)
            Add(field, $"must be at most {maxLength} characters long");
        return text;
    }

    private void CheckLine(string field, string line, int maxLength)
    {
        if (!Text.IsOneLine(line))
            Add(field, "must not hold control characters");
        else if (Text.Length(line) > maxLength)
            Add(field, $"must be at most {maxLength} characters long");
    }
}
