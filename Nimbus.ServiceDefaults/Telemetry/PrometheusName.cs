using System.Text;

namespace Nimbus.ServiceDefaults;

/// <summary>Names as Prometheus wants them, by OpenTelemetry's rules of translation: base units spelled out, counters end in _total.</summary>
internal static class PrometheusName
{
    /// <summary>The family's name of an instrument, as in <c>http_server_request_duration_seconds</c>.</summary>
    public static string OfMetric(string instrument, string unit, bool isCounter, bool isGauge)
    {
        var name = Sanitize(instrument, allowColon: true);
        if (isCounter && name.EndsWith("_total", StringComparison.Ordinal))
            name = name[..^"_total".Length];
        var suffix = unit == "1" ? (isGauge ? "ratio" : "") : OfUnit(unit);
        if (suffix.Length > 0 && name != suffix && !name.EndsWith("_" + suffix, StringComparison.Ordinal))
            name = $"{name}_{suffix}";
        return isCounter ? name + "_total" : name;
    }

    public static string OfLabel(string key)
    {
        var name = Sanitize(key, allowColon: false);
        // Two underscores in front are Prometheus' own.
        return name.StartsWith("__", StringComparison.Ordinal) ? "key" + name : name;
    }

    private static string OfUnit(string unit)
    {
        // {request} and the like annotate; they are no unit.
        var bare = unit.Contains('{', StringComparison.Ordinal) ? WithoutAnnotations(unit) : unit;
        if (bare.Length == 0)
            return "";
        if (bare.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0)
        {
            var above = OfSimpleUnit(bare[..slash]);
            var below = PerUnit(bare[(slash + 1)..]);
            return below.Length == 0 ? above : above.Length == 0 ? $"per_{below}" : $"{above}_per_{below}";
        }
        return OfSimpleUnit(bare);
    }

    private static string OfSimpleUnit(string unit) => unit switch
    {
        "" or "1" => "",
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tebibytes",
        "kBy" or "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "m" => "meters",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        _ => Sanitize(unit, allowColon: false).Trim('_'),
    };

    private static string PerUnit(string unit) => unit switch
    {
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        _ => OfSimpleUnit(unit),
    };

    private static string WithoutAnnotations(string unit)
    {
        var text = new StringBuilder(unit.Length);
        var depth = 0;
        foreach (var c in unit)
        {
            if (c == '{')
                depth++;
            if (depth == 0)
                text.Append(c);
            if (c == '}' && depth > 0)
                depth--;
        }
        return text.ToString();
    }

    /// <summary>Letters, digits and underscores, never a digit first; runs of anything else become one underscore.</summary>
    private static string Sanitize(string name, bool allowColon)
    {
        var text = new StringBuilder(name.Length + 1);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || (allowColon && c == ':'))
            {
                if (text.Length == 0 && char.IsAsciiDigit(c))
                    text.Append('_');
                text.Append(c);
            }
            else if (text.Length == 0 || text[^1] != '_' || c == '_')
            {
                text.Append('_');
            }
        }
        return text.Length == 0 ? "_" : text.ToString();
    }
}
