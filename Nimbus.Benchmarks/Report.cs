using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nimbus.Benchmarks;

/// <summary>What a benchmark found: tables to read and one line of JSON to keep.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        // A figure that this machine cannot give is NaN.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <param name="benchmark">The command's name.</param>
    /// <param name="figures">A record or anonymous object, as the JSON has it.</param>
    public static void Print(string benchmark, Machine machine, object figures, params IEnumerable<Table> tables)
    {
        Console.WriteLine();
        Console.WriteLine(machine);
        foreach (var table in tables)
        {
            Console.WriteLine();
            table.Print(Console.Out);
        }
        Console.WriteLine();
        Console.WriteLine(JsonSerializer.Serialize(new { benchmark, measured_at = DateTimeOffset.UtcNow, machine, figures }, Json));
    }

    /// <summary>The middle one; of an even count the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>The smallest value that at least this share of them does not pass.</summary>
    /// <param name="share">0.99 for p99.</param>
    public static double Percentile(IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(sorted.Count * share) - 1, 0, sorted.Count - 1)];
}

/// <summary>A table of text, the first column to the left and the others to the right.</summary>
internal sealed class Table(params string[] heads)
{
    private readonly List<string[]> _rows = [];

    public Table Add(params string[] cells)
    {
        _rows.Add(cells);
        return this;
    }

    /// <summary>Rows of one cell each.</summary>
    public Table AddAll(IEnumerable<string> cells)
    {
        foreach (var cell in cells) Add(cell);
        return this;
    }

    public void Print(TextWriter output)
    {
        var rows = _rows.Prepend(heads).ToList();
        var widths = heads.Select((_, column) => rows.Max(row => column < row.Length ? row[column].Length : 0)).ToList();
        foreach (var row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).TrimEnd());
    }
}
