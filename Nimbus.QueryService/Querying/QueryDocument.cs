using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Nimbus.QueryService.Engine;
using Nimbus.ServiceDefaults;
using NodaTime;

namespace Nimbus.QueryService.Querying;

/// <summary>
/// Reads the body of a question and gathers every fault under the path of its field, as in <c>steps[1].where.op</c>.
/// </summary>
/// <remarks>After a fault the value returned is a default, not to be used.</remarks>
public sealed class QueryDocument
{
    private readonly QueryParameters _read = new();
    private readonly List<string> _depends = [];
    private int _conditions;

    /// <param name="hasOwnCohort">The document's <c>cohort</c> is none of the project's: it says which cohort of a retention.</param>
    public QueryDocument(JsonElement root, ProjectMember project, Instant now, bool hasOwnCohort = false)
    {
        (Root, Project, Now) = (root, project, now);
        Calendar = _read.Calendar(Text(root, "", "tz"), project.TimeZone);
        var to = Text(root, "", "to");
        var end = _read.Time("to", to)?.AsTo(Calendar) ?? now;
        var start = _read.Time("from", Text(root, "", "from"))?.AsFrom(Calendar)
            ?? Calendar.StartOfDay(Calendar.DayOf(end - Duration.Epsilon).PlusDays(1 - Whole(root, "", "last_days", 30, 1, 3660)));
        if (start >= end) Fault("from", "must be before to");
        (From, To) = (start, end);
        Where = Filter(root, "", "where");
        if (!hasOwnCohort && Has(root, "cohort") && Cohort(root, "") is { } cohort)
            Where = Where is null ? cohort : new CompoundWhere(All: true, [Where, cohort]);
    }

    public JsonElement Root { get; }

    public ProjectMember Project { get; }

    public Instant Now { get; }

    public LocalCalendar Calendar { get; }

    /// <summary>Inclusive; unless given, the start of the first of the last days up to To: of 30, or of <c>last_days</c>.</summary>
    public Instant From { get; }

    /// <summary>Exclusive; now unless given.</summary>
    public Instant To { get; }

    /// <summary>The filter on every event looked at, <c>cohort</c> included.</summary>
    public Where? Where { get; }

    /// <summary>What of people the document asks about: traits and cohorts, as far as it was read.</summary>
    public HashSet<PropertyKey> OfPeople { get; } = [];

    /// <summary>All that is asked, as one text: equal texts have equal answers as long as the project does not change.</summary>
    /// <remarks>Who is in a cohort may depend on the minute of the question.</remarks>
    public string Key => string.Join('\n',
    [
        ScanKey, .. _depends, $"{From.ToUnixTimeMilliseconds()} {To.ToUnixTimeMilliseconds()}",
        OfPeople.Any(column => column.Source == PropertySource.Cohort) ? $"{Now.ToUnixTimeSeconds() / 60}" : "",
    ]);

    /// <summary>The same without the range: what is asked about any events.</summary>
    public string ScanKey => QuestionText.Of(Root, "project_id", "from", "to", "tz") + '\n' + Calendar.Zone.Id;

    /// <summary>Says of what else than the document and the range the answer depends: of what has begun by now, say.</summary>
    public void DependsOn(string what) => _depends.Add(what);

    /// <summary>The 400 that names every fault, or null when there is none.</summary>
    public ProblemHttpResult? Problem => _read.Problem;

    public void Fault(string path, string message) => _read.Fault(path, message);

    /// <summary>A field is there and not null.</summary>
    public static bool Has(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public static JsonElement? Field(JsonElement of, string name) => Has(of, name) ? of.GetProperty(name) : null;

    /// <summary>A moment in a field of the document: a time, or the start of a date in tz.</summary>
    public Instant? Moment(string name) => _read.Time(name, Text(Root, "", name))?.AsFrom(Calendar);

    public string? Text(JsonElement of, string path, string name, bool required = false, int maxLength = 200)
    {
        if (Field(of, name) is not { } value)
        {
            if (required) Fault(path + name, "is required");
            return null;
        }
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 } text || text.Length > maxLength)
        {
            Fault(path + name, $"must be a text of 1 to {maxLength} characters");
            return null;
        }
        return StoredText.Of(text);
    }

    public int Whole(JsonElement of, string path, string name, int @default, int min, int max)
    {
        if (Field(of, name) is not { } value) return @default;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max)
            return number;
        Fault(path + name, $"must be a whole number from {min} to {max}");
        return @default;
    }

    public bool Flag(JsonElement of, string name)
    {
        if (Field(of, name) is not { } value) return false;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Fault(name, "must be true or false");
        return false;
    }

    /// <summary>The range [from, to) below some field; each end null where it is not given.</summary>
    public (Instant? From, Instant? To) Range(JsonElement of, string path)
    {
        var from = _read.Time(path + "from", Text(of, path, "from"))?.AsFrom(Calendar);
        var to = _read.Time(path + "to", Text(of, path, "to"))?.AsTo(Calendar);
        if (from >= to) Fault(path + "from", "must be before to");
        return (from, to);
    }

    /// <summary>One of some words; the first without the field.</summary>
    public T Choice<T>(string name, params (string Word, T Value)[] choices)
    {
        var word = Text(Root, "", name);
        if (word is null) return choices[0].Value;
        foreach (var choice in choices) if (choice.Word == word) return choice.Value;
        Fault(name, $"must be one of {string.Join(", ", choices.Select(choice => choice.Word))}");
        return choices[0].Value;
    }

    /// <summary>A size of buckets, <c>1d</c> or <c>day</c>; a day without the field.</summary>
    public BucketSize Bucket(params BucketSize[] allowed)
    {
        var word = Text(Root, "", "bucket");
        BucketSize? size = word switch
        {
            null or "day" => BucketSize.Day,
            "hour" => BucketSize.Hour,
            "week" => BucketSize.Week,
            "month" => BucketSize.Month,
            _ => BucketSizes.TryParse(word, out var parsed) ? parsed : null,
        };
        if (size is { } known && (allowed.Length == 0 || allowed.Contains(known))) return known;
        Fault("bucket", allowed.Length == 0
            ? $"must be one of {BucketSizes.All}"
            : $"must be one of {string.Join(", ", allowed.Select(bucket => bucket.ToString().ToLowerInvariant()))}");
        return BucketSize.Day;
    }

    /// <summary>The buckets of [From, To).</summary>
    /// <exception cref="ProblemException">400 <c>too_many_buckets</c>.</exception>
    public BucketedRange Buckets(BucketSize size) =>
        new Buckets(Calendar, size).Covering(From, To) ?? throw new ProblemException(400, "too_many_buckets",
            $"An answer has at most {Querying.Buckets.Max:N0} buckets. Ask for larger ones, or for less time.");

    /// <summary>A length of time: <c>90s</c>, <c>30m</c>, <c>12h</c>, <c>7d</c> (of 24 hours), <c>2w</c>.</summary>
    public long? Milliseconds(string name) => Milliseconds(Root, "", name);

    public long? Milliseconds(JsonElement of, string path, string name)
    {
        var text = Text(of, path, name);
        if (text is null) return null;
        long unit = text[^1] switch
        {
            's' => 1000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            'w' => 7 * 86_400_000,
            _ => 0,
        };
        if (unit > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && count * unit <= 3660L * 86_400_000)
            return count * unit;
        Fault(path + name, "must be a length of time such as 90s, 30m, 12h, 7d or 2w, at most ten years");
        return null;
    }

    public IReadOnlyList<JsonElement> List(JsonElement of, string path, string name, int min, int max)
    {
        if (Field(of, name) is not { } value)
        {
            if (min > 0) Fault(path + name, $"must be a list of {min} to {max}");
            return [];
        }
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() >= min && value.GetArrayLength() <= max)
            return [.. value.EnumerateArray()];
        Fault(path + name, $"must be a list of {min} to {max}");
        return [];
    }

    /// <summary>The events of <c>{name?, where?}</c>; all events without it.</summary>
    public EventPattern Pattern(JsonElement? of, string path, bool needsName = false)
    {
        if (of is not { } value) return new();
        if (value.ValueKind == JsonValueKind.Object)
            return new(Text(value, path + ".", "name", needsName), Filter(value, path + ".", "where"));
        Fault(path, "must be an object with the name of an event");
        return new();
    }

    public GroupKey? GroupBy()
    {
        if (Field(Root, "group_by") is not { } value) return null;
        foreach (var (name, source) in Sources)
            if (Has(value, name))
                return Text(value, "group_by.", name) is { } key ? Noted(new GroupKey(source, key)) : null;
        if (Has(value, "cohort"))
            return CohortId(value, "group_by.") is { } id ? Noted(new GroupKey(PropertySource.Cohort, id)) : null;
        Fault("group_by", """must be {"prop": KEY}, {"context": KEY}, {"trait": KEY} or {"cohort": ID}""");
        return null;
    }

    /// <summary>A filter below a field; null without it, and after a fault.</summary>
    public Where? Filter(JsonElement of, string path, string name) =>
        Field(of, name) is { } value ? Condition(value, path + name, depth: 1) : null;

    /// <summary>The id of a cohort in the field <c>cohort</c>, as columns are named by it.</summary>
    public string? CohortId(JsonElement of, string path)
    {
        if (of.GetProperty("cohort") is { ValueKind: JsonValueKind.String } text && Guid.TryParse(text.GetString(), out var id))
            return id.ToString("D");
        Fault(path + "cohort", "must be the id of a cohort");
        return null;
    }

    /// <summary>The members of a cohort.</summary>
    public Where? Cohort(JsonElement of, string path)
    {
        if (CohortId(of, path) is not { } id) return null;
        Note(new PropertyKey(PropertySource.Cohort, id));
        return new PropertyWhere(PropertySource.Cohort, id, IsMember);
    }

    /// <summary>A condition on a person: one of a trait, or being in a cohort; null after a fault.</summary>
    public PropertyWhere? PersonFilter(JsonElement value, string path)
    {
        var condition = Condition(value, path, depth: 1);
        if (condition is null or PropertyWhere { Source: PropertySource.Trait or PropertySource.Cohort }) return condition as PropertyWhere;
        Fault(path, "must be about a trait or a cohort");
        return null;
    }

    private static readonly (string Name, PropertySource Source)[] Sources =
        [("prop", PropertySource.Props), ("context", PropertySource.Context), ("trait", PropertySource.Trait)];

    private static bool IsMember(PropertyValue value) => value is { Kind: ValueKind.Boolean, Text: "true" };

    private GroupKey Noted(GroupKey group)
    {
        if (group.Source is PropertySource.Trait or PropertySource.Cohort) Note(new PropertyKey(group.Source, group.Key));
        return group;
    }

    // Who is in a cohort is found out every minute.
    private void Note(PropertyKey ofPeople)
    {
        OfPeople.Add(ofPeople);
        var minute = $"minute {Now.ToUnixTimeSeconds() / 60}";
        if (ofPeople.Source == PropertySource.Cohort && !_depends.Contains(minute)) _depends.Add(minute);
    }

    private Where? Condition(JsonElement value, string path, int depth)
    {
        if (value.ValueKind != JsonValueKind.Object || depth > Querying.Where.MaxDepth || ++_conditions > Querying.Where.MaxConditions)
        {
            Fault(path, value.ValueKind != JsonValueKind.Object ? "must be an object"
                : $"is too large: filters nest {Querying.Where.MaxDepth} deep and have {Querying.Where.MaxConditions} parts at most");
            return null;
        }
        foreach (var word in (string[])["and", "or"])
        {
            if (!Has(value, word)) continue;
            var parts = List(value, path + ".", word, 1, Querying.Where.MaxConditions)
                .Select((part, i) => Condition(part, $"{path}.{word}[{i}]", depth + 1)).ToList();
            return parts.Contains(null) ? null : new CompoundWhere(word == "and", parts!);
        }
        foreach (var (word, source) in Sources)
        {
            if (!Has(value, word)) continue;
            var key = Text(value, path + ".", word);
            var op = Text(value, path + ".", "op") ?? "eq";
            var matches = WhereOperators.Read(op, Field(value, "value"), out var fault);
            if (matches is null)
            {
                if (fault == WhereOperators.NoOperator) Fault(path + ".op", $"must be one of {WhereOperators.All}");
                else Fault(path + ".value", $"{op} {fault}");
            }
            if (key is null || matches is null) return null;
            if (source == PropertySource.Trait) Note(new PropertyKey(source, key));
            return new PropertyWhere(source, key, matches);
        }
        if (Has(value, "cohort")) return Cohort(value, path + ".");
        Fault(path, "must have one of and, or, prop, context, trait, cohort");
        return null;
    }
}
