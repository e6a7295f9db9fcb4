using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Nimbus.QueryService.Querying;
using Nimbus.ServiceDefaults;

namespace Nimbus.QueryService.Cohorts;

/// <summary>Ids of people, as a request brings them: JSON, or CSV whose first column has distinct ids.</summary>
internal sealed record CohortMembers(HashSet<string> DistinctIds, HashSet<Guid> PersonIds)
{
    private const string Header = "distinct_id";
    private const int MaxId = 200;

    /// <exception cref="ProblemException">413; 400 <c>invalid_members</c>.</exception>
    public static async Task<CohortMembers> ReadAsync(HttpRequest request, int maxBytes, CancellationToken ct)
    {
        using var buffer = new MemoryStream();
        var piece = new byte[16 * 1024];
        while (await request.Body.ReadAsync(piece, ct) is > 0 and var read)
        {
            if (buffer.Length + read > maxBytes)
                throw new ProblemException(413, "body_too_large", $"A list has at most {maxBytes:N0} bytes. Send it in parts.");
            buffer.Write(piece, 0, read);
        }
        if (!Utf8.IsValid(buffer.GetBuffer().AsSpan(0, (int)buffer.Length))) throw Invalid("The body must be UTF-8.");
        return request.ContentType?.StartsWith("text/csv", StringComparison.OrdinalIgnoreCase) == true
            ? OfCsv(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length))
            : OfJson(buffer.ToArray());
    }

    private static CohortMembers OfCsv(string text)
    {
        var members = new CohortMembers([], []);
        var isFirst = true;
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            var id = FirstField(line.TrimEnd('\r'));
            if (id.Length > 0 && !(isFirst && id == Header)) members.Add(id);
            isFirst = false;
        }
        return members;
    }

    private static string FirstField(string line)
    {
        if (!line.StartsWith('"')) return line.Split(',')[0].Trim();
        var field = new StringBuilder();
        for (var i = 1; i < line.Length; i++)
        {
            if (line[i] != '"') field.Append(line[i]);
            else if (i + 1 < line.Length && line[i + 1] == '"') field.Append(line[i++]);
            else break;
        }
        return field.ToString();
    }

    private static CohortMembers OfJson(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var members = new CohortMembers([], []);
            foreach (var id in Items(document.RootElement, "distinct_ids"))
                members.Add(id);
            foreach (var id in Items(document.RootElement, "person_ids"))
                members.PersonIds.Add(Guid.TryParse(id, out var person) ? person : throw Invalid("person_ids must be ids of persons."));
            return members;
        }
        catch (JsonException)
        {
            throw Invalid("The body must be JSON, or text/csv.");
        }
    }

    private static IEnumerable<string> Items(JsonElement root, string name)
    {
        if (QueryDocument.Field(root, name) is not { } list) return [];
        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            throw Invalid($"{name} must be a list of texts.");
        return [.. list.EnumerateArray().Select(item => StoredText.Of(item.GetString()!))];
    }

    private void Add(string id)
    {
        if (id.Length > MaxId) throw Invalid($"An id has at most {MaxId} characters.");
        DistinctIds.Add(StoredText.Of(id));
    }

    private static ProblemException Invalid(string detail) => new(400, "invalid_members", detail);
}
