using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace Nimbus.ServiceDefaults;

/// <summary>
/// The names of all settings of all services, which settings.txt lists: every service may be given the settings of all, and tells
/// from the list what is misspelt. A test holds the list against the options records.
/// </summary>
public static class KnownSettings
{
    private const string List = ":0";
    private const string Named = ":{name}";

    private static readonly string[] Lines = Read();
    private static readonly HashSet<string> Names =
        new(Lines.Select(line => line.Replace(List, "", StringComparison.Ordinal)), StringComparer.OrdinalIgnoreCase);

    /// <summary>As <c>Nimbus:Ingest:AckAfter</c>; lists as <c>Nimbus:TrustedProxies:0</c>, those with names as <c>Nimbus:OtherMasterKeys:{name}</c>.</summary>
    public static IReadOnlyList<string> All => Lines;

    /// <summary>What is set below <c>Nimbus</c> and no service reads, as it would be written in the environment.</summary>
    internal static IEnumerable<string> Unknown(IConfiguration configuration) =>
        configuration.GetSection("Nimbus").AsEnumerable()
            .Where(setting => setting.Value is not null && setting.Key.Contains(':', StringComparison.Ordinal) && !IsKnown(setting.Key))
            .Select(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    /// <summary>A list that is written as one text, as a JSON array or with commas between, is set item by item.</summary>
    internal static void SplitLists(IConfigurationManager configuration)
    {
        Dictionary<string, string?> items = [];
        foreach (var list in Lines.Where(line => line.EndsWith(List, StringComparison.Ordinal)).Select(line => line[..^List.Length]))
            if (configuration[list] is { Length: > 0 } text && !configuration.GetSection(list).GetChildren().Any())
                foreach (var (place, item) in Split(text).Index())
                    items[$"{list}:{place}"] = item;
        configuration.Sources.Add(new MemoryConfigurationSource { InitialData = items });
    }

    internal static string[] Split(string text)
    {
        try
        {
            if (text.TrimStart().StartsWith('['))
                return [.. (JsonSerializer.Deserialize<string?[]>(text) ?? []).OfType<string>()];
        }
        catch (JsonException)
        {
            // No array, then; what its pieces are, the check of the setting says.
        }
        return text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool IsKnown(string key)
    {
        if (Names.Contains(key))
            return true;
        var (parent, last) = (key[..key.LastIndexOf(':')], key[(key.LastIndexOf(':') + 1)..]);
        return Names.Contains(parent + Named)
            || (last.All(char.IsAsciiDigit) && Lines.Contains(parent + List, StringComparer.OrdinalIgnoreCase));
    }

    private static string[] Read()
    {
        using var resource = typeof(KnownSettings).Assembly.GetManifestResourceStream("settings.txt")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
