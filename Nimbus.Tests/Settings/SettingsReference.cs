using System.Reflection;
using Nimbus.Gateway.Routes;
using Nimbus.IdentityService.Users;
using Nimbus.IngestService;
using Nimbus.QueryService.Engine;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.Settings;

/// <summary>
/// Which service reads which setting, asked of the services themselves: each is put together as its Program.cs has it, and says
/// which options it has bound and which connection strings it looks for.
/// </summary>
internal static class SettingsReference
{
    /// <summary>AppHost's resources, in the order of the documents.</summary>
    public static readonly string[] Services = ["identity", "ingest", "ingest-writer", "query", "gateway"];

    /// <summary>What AppHost itself reads, from no options record.</summary>
    private static readonly Setting Ephemeral = new(
        "Nimbus:Ephemeral", "Nimbus", typeof(bool), false, [],
        "Whether the databases' data go when AppHost stops: no volumes are made. Tests set it.", ["AppHost"]);

    private static readonly Lazy<IReadOnlyList<ServiceUse>> Uses = new(() => [.. Services.Select(Use)]);

    private static readonly Lazy<IReadOnlyList<Setting>> Found = new(() =>
    [
        .. Uses.Value.SelectMany(use => use.Sections.SelectMany(section => Settings(section, use.Service)))
            .Append(Ephemeral)
            .GroupBy(setting => setting.Key)
            .Select(Together)
            .OrderBy(setting => setting.Section, StringComparer.Ordinal).ThenBy(setting => setting.Place),
    ]);

    /// <summary>Every setting of Nimbus.</summary>
    public static IReadOnlyList<Setting> All => Found.Value;

    /// <summary>The settings that one service reads.</summary>
    public static IEnumerable<Setting> ReadBy(string service) => All.Where(setting => setting.ReadBy.Contains(service));

    /// <summary>The connection strings that one service reads.</summary>
    public static IEnumerable<ConnectionUse> ConnectionsOf(string service) => Uses.Value.Single(use => use.Service == service).Connections;

    /// <summary>The records that are bound to a section.</summary>
    public static IEnumerable<Type> RecordsOf(string section) =>
        Uses.Value.SelectMany(use => use.Sections).Where(bound => bound.Path == section).Select(bound => bound.Options).Distinct();

    public static Assembly ProgramOf(string service) => service switch
    {
        "identity" => typeof(RegistrationOptions).Assembly,
        "ingest" or "ingest-writer" => typeof(IngestOptions).Assembly,
        "query" => typeof(EngineOptions).Assembly,
        _ => typeof(GatewayLimits).Assembly,
    };

    /// <summary>What it takes to be put together; nothing is connected to.</summary>
    public static string[] ArgumentsOf(string service) =>
    [
        "--ConnectionStrings:identitydb=Host=127.0.0.1;Database=none", "--ConnectionStrings:eventsdb=Host=127.0.0.1;Database=none",
        "--ConnectionStrings:redis=127.0.0.1:1", "--role", service == "ingest-writer" ? "writer" : "intake",
    ];

    private static ServiceUse Use(string service)
    {
        var registered = ComposedService.Registered(ProgramOf(service), ArgumentsOf(service), typeof(SettingsSection), typeof(ConnectionUse));
        return new ServiceUse(
            service, [.. registered.OfType<SettingsSection>().Distinct()], [.. registered.OfType<ConnectionUse>().Distinct()]);
    }

    private static IEnumerable<Setting> Settings(SettingsSection section, string service)
    {
        var defaults = Activator.CreateInstance(section.Options)!;
        return section.Options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .Select((property, place) => new Setting(
                $"{section.Path}:{property.Name}{SuffixOf(property.PropertyType)}", section.Path, property.PropertyType,
                property.GetValue(defaults), [.. property.GetCustomAttributes()], Docstrings.Of(property), [service], place));
    }

    private static string SuffixOf(Type type) =>
        type.IsArray ? ":0" : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>) ? ":{name}" : "";

    /// <summary>One entry for what several services read, perhaps by records of their own.</summary>
    private static Setting Together(IEnumerable<Setting> same)
    {
        var all = same.ToList();
        return all[0] with
        {
            ReadBy = [.. all.SelectMany(setting => setting.ReadBy).Distinct()],
            Effect = string.Join(' ', all.Select(setting => setting.Effect).Distinct()),
        };
    }

    private sealed record ServiceUse(string Service, IReadOnlyList<SettingsSection> Sections, IReadOnlyList<ConnectionUse> Connections);
}

/// <summary>A setting of Nimbus.</summary>
/// <param name="Key">As configuration has it; the items of a list are <c>Nimbus:TrustedProxies:0</c>.</param>
/// <param name="ReadBy">AppHost's names of the services.</param>
internal sealed record Setting(
    string Key, string Section, Type Type, object? Default, IReadOnlyList<Attribute> Attributes, string Effect, IReadOnlyList<string> ReadBy,
    int Place = 0)
{
    /// <summary>Its name in the environment.</summary>
    public string Variable => Key.Replace(":", "__", StringComparison.Ordinal);
}
