using System.Globalization;
using System.Text;
using CsvHelper;

namespace Nimbus.Cli.Import;

/// <summary>A row that is not in Nimbus, where it stands in the file, and why.</summary>
internal sealed record Reject(long Line, string Reason, string Raw);

/// <summary>
/// Rejected rows as CSV, <c>line,reason,row</c>, in the order of the source. Made with the first of them. Its length is
/// part of the checkpoint: what a killed run wrote after it is cut off, so a resumed import lists each row once.
/// </summary>
internal sealed class RejectsFile(string path)
{
    public string Path { get; } = path;

    public long Bytes { get; private set; }

    /// <summary>Goes on after the first <paramref name="bytes"/> of the file; 0: removes it.</summary>
    public void Resume(long bytes)
    {
        Bytes = 0;
        if (bytes == 0)
        {
            File.Delete(Path);
        }
        else if (File.Exists(Path))
        {
            using var file = new FileStream(Path, FileMode.Open, FileAccess.Write);
            file.SetLength(Math.Min(bytes, file.Length));
            Bytes = file.Length;
        }
    }

    public void Append(IEnumerable<Reject> rejects)
    {
        using var file = new FileStream(Path, FileMode.Append, FileAccess.Write);
        using (var csv = new CsvWriter(new StreamWriter(file, new UTF8Encoding(false)), CultureInfo.InvariantCulture, leaveOpen: false))
        {
            if (Bytes == 0)
                Write(csv, "line", "reason", "row");
            foreach (var reject in rejects)
                Write(csv, reject.Line.ToString(CultureInfo.InvariantCulture), reject.Reason, reject.Raw);
        }
        Bytes = new FileInfo(Path).Length;
    }

    private static void Write(CsvWriter csv, params string[] fields)
    {
        foreach (var field in fields)
            csv.WriteField(field);
        csv.NextRecord();
    }
}
