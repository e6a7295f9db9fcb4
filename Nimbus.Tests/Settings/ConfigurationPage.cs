using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Nimbus.ServiceDefaults;

namespace Nimbus.Tests.Settings;

/// <summary>The part of docs/configuration.md that is made from the code, between its two marks.</summary>
internal static class ConfigurationPage
{
    public const string Begin = "<!-- made from the options records: begin -->";
    public const string End = "<!-- made from the options records: end -->";

    /// <summary>A page with that part made anew.</summary>
    public static string Renew(string page)
    {
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        return page[..(begin + Begin.Length)] + "\n\n" + Make() + page[end..];
    }

    private static string Make()
    {
        var text = new StringBuilder();
        foreach (var section in SettingsReference.All.GroupBy(setting => setting.Section))
        {
            text.Append(CultureInfo.InvariantCulture, $"## {section.Key}\n\n");
            text.Append(CultureInfo.InvariantCulture, $"{string.Join(' ', SettingsReference.RecordsOf(section.Key).Select(Docstrings.Of).Distinct())}\n\n");
            text.Append("| setting | default | range | read by | effect |\n|---|---|---|---|---|\n");
            foreach (var setting in section)
                text.Append(CultureInfo.InvariantCulture,
                    $"| `{setting.Variable}` | {DefaultOf(setting)} | {RangeOf(setting)} | {string.Join(", ", setting.ReadBy)} | {Cell(setting.Effect)}{Older(setting)} |\n");
            text.Append('\n');
        }

        text.Append("## Connection strings\n\n| setting | form | read by |\n|---|---|---|\n");
        var uses = SettingsReference.Services
            .SelectMany(service => SettingsReference.ConnectionsOf(service).Select(use => (Service: service, Use: use)));
        foreach (var connection in uses.GroupBy(use => use.Use.Name).OrderBy(use => use.Key, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture,
                $"| `ConnectionStrings__{connection.Key}` | {FormOf(connection.First().Use.Kind)} | {string.Join(", ", connection.Select(use => use.Use.IsRequired ? use.Service : $"{use.Service} (not required)"))} |\n");

        text.Append("\n## Older names\n\nWhat is set under its own name wins over an older one.\n\n| older name | gives | value |\n|---|---|---|\n");
        foreach (var older in OlderNames.All)
            text.Append(CultureInfo.InvariantCulture,
                $"| `{older.Name}` | {(older.Settings is [] ? "nothing; its use is warned about" : string.Join(", ", older.Settings.Select(setting => $"`{setting.Replace(":", "__", StringComparison.Ordinal)}`")))} | {Cell(older.Effect)} |\n");
        return text.Append('\n').ToString();
    }

    /// <summary>Null: whoever sets it has to guess, so a test refuses that.</summary>
    public static string? RangeOf(Setting setting)
    {
        var type = Nullable.GetUnderlyingType(setting.Type) ?? setting.Type;
        var required = setting.Attributes.OfType<RequiredAttribute>().Any() ? ", required" : "";
        if (setting.Attributes.OfType<RangeAttribute>().SingleOrDefault() is { } range)
            return $"{Text(range.Minimum)} to {Text(range.Maximum)}";
        if (setting.Attributes.OfType<AtLeastBytesAttribute>().SingleOrDefault() is { } bytes)
            return $"text of {bytes.Bytes} bytes or more{required}";
        if (type == typeof(bool))
            return "`true`, `false`";
        if (type.IsEnum)
            return string.Join(", ", Enum.GetNames(type).Select(name => $"`{name}`"));
        if (type == typeof(string))
            return "text" + required;
        return type.IsArray ? "a list" : type.IsGenericType ? "one for each name" : null;
    }

    private static string DefaultOf(Setting setting) => setting.Default switch
    {
        null or "" => "–",
        string text => $"`{text}`",
        System.Collections.ICollection => "–",
        true => "`true`",
        false => "`false`",
        var number when setting.Key.Contains("Bytes", StringComparison.Ordinal) => Bytes(Convert.ToInt64(number, CultureInfo.InvariantCulture)),
        Enum value => $"`{value}`",
        var value => Text(value),
    };

    private static string Bytes(long bytes) => bytes switch
    {
        0 => "0",
        _ when bytes % (1 << 30) == 0 => $"{bytes} ({bytes >> 30} GiB)",
        _ when bytes % (1 << 20) == 0 => $"{bytes} ({bytes >> 20} MiB)",
        _ when bytes % (1 << 10) == 0 => $"{bytes} ({bytes >> 10} KiB)",
        _ => $"{bytes}",
    };

    private static string Text(object value) => value switch
    {
        TimeSpan time => time.Milliseconds == 0 ? time.ToString("c") : time.ToString(@"hh\:mm\:ss\.fff", CultureInfo.InvariantCulture),
        string time when TimeSpan.TryParse(time, CultureInfo.InvariantCulture, out var parsed) => Text(parsed),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => $"{value}",
    };

    private static string FormOf(ConnectionKind kind) => kind == ConnectionKind.Redis
        ? "`host:port,password=…`, or an address: `redis://…`, `rediss://…` (TLS)"
        : "`Host=…;Port=…;Username=…;Password=…;Database=…`, or an address: `postgresql://…`, with `postgresql+asyncpg://` and the like meaning the same";

    private static string Older(Setting setting)
    {
        var key = setting.Key.Replace(":0", "", StringComparison.Ordinal);
        var older = OlderNames.All.Where(name => name.Settings.Contains(key)).Select(name => $"`{name.Name}`").ToList();
        return older is [] ? "" : $" Older: {string.Join(", ", older)}.";
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
