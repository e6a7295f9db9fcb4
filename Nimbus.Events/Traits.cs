using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nimbus.Events;

/// <summary>One write of a trait.</summary>
/// <param name="Name">The trait; empty for <see cref="TraitOperation.Delete"/>.</param>
/// <param name="Ts">Unix milliseconds.</param>
public readonly record struct TraitWrite(string Name, long Ts, Guid EventId, TraitOperation Operation, JsonElement Value);

/// <summary>What the traits of a person or group are, from all that was ever written about them.</summary>
public static class Traits
{
    /// <summary>
    /// The traits that come of the writes in the order of time, whatever order they are given in: last write wins, set_once
    /// only where there is none. Null is a value like any other.
    /// </summary>
    public static SortedDictionary<string, JsonNode?> Of(IEnumerable<TraitWrite> writes)
    {
        var traits = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var write in writes.OrderBy(w => w.Ts).ThenBy(w => w.EventId, BigEndian).ThenBy(w => w.Operation))
            Apply(traits, write);
        return traits;
    }

    private static void Apply(SortedDictionary<string, JsonNode?> traits, TraitWrite write)
    {
        switch (write.Operation)
        {
            case TraitOperation.Set:
                traits[write.Name] = Node(write.Value);
                break;
            case TraitOperation.SetOnce:
                traits.TryAdd(write.Name, Node(write.Value));
                break;
            case TraitOperation.Add:
                traits[write.Name] = Sum(traits.GetValueOrDefault(write.Name), write.Value);
                break;
            case TraitOperation.Append:
                traits[write.Name] = new JsonArray([.. Items(traits, write.Name), Node(write.Value)]);
                break;
            case TraitOperation.Union:
                traits[write.Name] = Union(Items(traits, write.Name), write.Value);
                break;
            case TraitOperation.Remove when traits.ContainsKey(write.Name):
                traits[write.Name] = new JsonArray([.. Items(traits, write.Name).Where(item => !JsonNode.DeepEquals(item, Node(write.Value)))]);
                break;
            case TraitOperation.Unset:
                traits.Remove(write.Name);
                break;
            case TraitOperation.Delete:
                traits.Clear();
                break;
        }
    }

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());

    private static JsonValue Sum(JsonNode? before, JsonElement added)
    {
        // Whole numbers stay exact; what is no number counts as 0.
        var old = before is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? JsonSerializer.SerializeToElement(before) : default;
        if (decimal.TryParse(Digits(old), System.Globalization.CultureInfo.InvariantCulture, out var a)
            && decimal.TryParse(Digits(added), System.Globalization.CultureInfo.InvariantCulture, out var b)
            && Math.Abs(a) < long.MaxValue && Math.Abs(b) < long.MaxValue)
            return JsonValue.Create(a + b);
        return JsonValue.Create((old.ValueKind == JsonValueKind.Number ? old.GetDouble() : 0) + added.GetDouble());
    }

    private static string Digits(JsonElement number) => number.ValueKind == JsonValueKind.Number ? number.GetRawText() : "0";

    /// <summary>The items of a list, without a parent; a single value is a list of one.</summary>
    private static IEnumerable<JsonNode?> Items(SortedDictionary<string, JsonNode?> traits, string name) =>
        !traits.TryGetValue(name, out var value) || value is null ? []
        : value is JsonArray list ? [.. list.Select(item => item?.DeepClone())]
        : [value.DeepClone()];

    private static JsonArray Union(IEnumerable<JsonNode?> before, JsonElement added)
    {
        var list = new JsonArray([.. before]);
        foreach (var item in added.ValueKind == JsonValueKind.Array ? added.EnumerateArray().AsEnumerable() : [added])
        {
            var node = Node(item);
            if (!list.Any(other => JsonNode.DeepEquals(other, node)))
                list.Add(node);
        }
        return list;
    }

    /// <summary>As PostgreSQL compares uuids: by their bytes as they are written.</summary>
    private static readonly Comparer<Guid> BigEndian = Comparer<Guid>.Create((a, b) =>
        a.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(b.ToByteArray(bigEndian: true)));
}
