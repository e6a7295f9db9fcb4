using System.Text.Json;
using Nimbus.Events;

namespace Nimbus.IngestService.Writing;

/// <summary>A write of a trait of an owner whose key is known.</summary>
internal readonly record struct OwnedWrite(Guid ProjectId, TraitOwner Owner, long OwnerKey, TraitWrite Write);

/// <summary>Whose traits; the column <c>trait_writes.owner_kind</c>.</summary>
internal enum TraitOwner : short
{
    Id = 0,
    Group = 1,
}

/// <summary>What a profile update says of one group.</summary>
internal sealed record GroupChange(string Type, string Id, bool IsMembership, JsonElement Operations);

/// <summary>Reads the update that an event carries (<see cref="Compatibility.ProfileUpdate"/> writes it).</summary>
internal static class TraitWrites
{
    private static readonly JsonSerializerOptions AnyDepth = new() { MaxDepth = int.MaxValue };
    private static readonly JsonElement None = JsonSerializer.SerializeToElement<object?>(null);

    /// <summary>The operations on the event's person, and its groups.</summary>
    public static (JsonElement Person, List<GroupChange> Groups) Read(ReadOnlyMemory<byte> update)
    {
        var json = JsonSerializer.Deserialize<JsonElement>(update.Span, AnyDepth);
        var groups = new List<GroupChange>();
        if (json.TryGetProperty("groups", out var all))
        {
            foreach (var group in all.EnumerateArray())
            {
                groups.Add(new GroupChange(
                    group.GetProperty("type").GetString()!, group.GetProperty("id").GetString()!,
                    group.GetProperty("member").GetBoolean(),
                    group.TryGetProperty("operations", out var operations) ? operations : default));
            }
        }
        return (json.TryGetProperty("person", out var person) ? person : default, groups);
    }

    /// <summary>One write per trait.</summary>
    public static IEnumerable<TraitWrite> Of(JsonElement operations, EventRow row)
    {
        if (operations.ValueKind != JsonValueKind.Object)
            return [];
        return operations.EnumerateObject().SelectMany(operation => Of(operation.Name, operation.Value, row));
    }

    private static IEnumerable<TraitWrite> Of(string operation, JsonElement value, EventRow row)
    {
        return operation switch
        {
            "set" => Each(TraitOperation.Set),
            "set_once" => Each(TraitOperation.SetOnce),
            "add" => Each(TraitOperation.Add).Where(write => write.Value.ValueKind == JsonValueKind.Number),
            "append" => Each(TraitOperation.Append),
            "union" => Each(TraitOperation.Union),
            "remove" => Each(TraitOperation.Remove),
            "unset" => value.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String)
                .Select(name => Write(name.GetString()!, TraitOperation.Unset, None)),
            "delete" => [Write("", TraitOperation.Delete, None)],
            _ => [],
        };

        IEnumerable<TraitWrite> Each(TraitOperation kind) =>
            value.EnumerateObject().Select(trait => Write(trait.Name, kind, trait.Value));

        TraitWrite Write(string name, TraitOperation kind, JsonElement written) =>
            new(name, row.Event.Ts, row.Id, kind, written);
    }
}
