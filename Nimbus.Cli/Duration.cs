using System.CommandLine.Parsing;
using System.Globalization;

namespace Nimbus.Cli;

/// <summary>Durations as people type them: <c>90s</c>, <c>15m</c>, <c>2h</c>.</summary>
internal static class Duration
{
    public static TimeSpan Parse(ArgumentResult argument)
    {
        if (TryParse(argument.Tokens[0].Value, out var duration))
            return duration;
        argument.AddError($"'{argument.Tokens[0].Value}' is no duration; write 90s, 15m or 2h.");
        return default;
    }

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        var unit = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            _ => TimeSpan.Zero,
        };
        duration = unit * number;
        return unit != TimeSpan.Zero;
    }
}
