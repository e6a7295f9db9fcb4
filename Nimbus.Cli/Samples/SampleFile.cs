using System.Globalization;
using System.IO.Compression;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace Nimbus.Cli.Samples;

/// <summary>Rows as a file in the import layout: UTF-8, line feeds, compressed where the name ends in <c>.gz</c>.</summary>
internal static class SampleFile
{
    /// <returns>How many rows were written.</returns>
    public static int Write(string path, IEnumerable<SampleRow> rows, CancellationToken ct = default)
    {
        using Stream file = new FileStream(path, FileMode.Create, FileAccess.Write);
        using var target = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GZipStream(file, CompressionLevel.Optimal)
            : file;
        using var csv = new CsvWriter(
            new StreamWriter(target, new UTF8Encoding(false)),
            new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" });
        Write(csv, "event_id", "occurred_at", "user_id", "event_type", "properties_json");
        var count = 0;
        foreach (var row in rows)
        {
            ct.ThrowIfCancellationRequested();
            Write(
                csv,
                row.EventId.ToString(),
                row.OccurredAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
                row.UserId,
                row.EventType,
                row.PropertiesJson);
            count++;
        }
        return count;
    }

    private static void Write(CsvWriter csv, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
            csv.WriteField(field);
        csv.NextRecord();
    }
}
