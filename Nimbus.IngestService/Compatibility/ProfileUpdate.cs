using System.Text.Json;

namespace Nimbus.IngestService.Compatibility;

/// <summary>
/// What an event changes in the profile of its person and of groups, on its way to the writer
/// (<see cref="Writing.TraitWrites"/> reads it).
/// </summary>
/// <remarks><c>{person?: {operation: …}, groups?: [{type, id, member, operations?: {operation: …}}]}</c></remarks>
internal sealed class ProfileUpdate
{
    /// <summary>The operations by the names they have in Nimbus, each with its object, array or value.</summary>
    public Dictionary<string, JsonElement> Person { get; } = [];

    public List<GroupUpdate> Groups { get; } = [];

    public bool IsEmpty => Person.Count == 0 && Groups.Count == 0;

    /// <summary>Whether the names of traits, and the types and ids of groups, can be stored.</summary>
    public bool HasShortNames =>
        AreShort(Person) && Groups.TrueForAll(group => IsShort(group.Type) && IsShort(group.Id) && AreShort(group.Operations));

    /// <summary>Adds an operation of the person where it changes something.</summary>
    public void Add(string operation, JsonElement value) => Add(Person, operation, value);

    /// <summary>Adds an operation where it changes something: an empty object does not.</summary>
    public static void Add(Dictionary<string, JsonElement> operations, string operation, JsonElement value)
    {
        var changes = value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().Any(),
            JsonValueKind.Array => value.GetArrayLength() > 0,
            _ => false,
        };
        if (changes)
            operations[operation] = value;
    }

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (Person.Count > 0)
            WriteOperations(json, "person", Person);
        if (Groups.Count > 0)
        {
            json.WriteStartArray("groups");
            foreach (var group in Groups)
            {
                json.WriteStartObject();
                json.WriteString("type", group.Type);
                json.WriteString("id", group.Id);
                json.WriteBoolean("member", group.IsMembership);
                if (group.Operations.Count > 0)
                    WriteOperations(json, "operations", group.Operations);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static bool AreShort(Dictionary<string, JsonElement> operations) =>
        operations.Values.All(value => value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().All(trait => IsShort(trait.Name)),
            JsonValueKind.Array => value.EnumerateArray().All(name => name.ValueKind != JsonValueKind.String || IsShort(name.GetString()!)),
            _ => true,
        });

    private static bool IsShort(string name) => name.Length <= Pipeline.ScalarField.MaxCharacters;

    private static void WriteOperations(Utf8JsonWriter json, string name, Dictionary<string, JsonElement> operations)
    {
        json.WriteStartObject(name);
        foreach (var (operation, value) in operations)
        {
            json.WritePropertyName(operation);
            value.WriteTo(json);
        }
        json.WriteEndObject();
    }
}

/// <summary>What is told about a group.</summary>
/// <param name="Type">Its kind, such as <c>company</c>.</param>
/// <param name="IsMembership">Whether the event's person belongs to it.</param>
internal sealed record GroupUpdate(string Type, string Id, bool IsMembership)
{
    public Dictionary<string, JsonElement> Operations { get; } = [];
}
