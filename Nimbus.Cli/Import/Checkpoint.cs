using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nimbus.Cli.Import;

/// <summary>
/// How far an import has come: everything up to <see cref="Rows"/> is settled for good, nothing after it is counted.
/// The server forgets idempotency keys after a week; what is settled here is never sent again, however late.
/// </summary>
internal sealed record Checkpoint(SourceIdentity Source, ImportTarget Target, ImportTotals Totals, long RejectsBytes)
{
    /// <summary>Rows of the file, from its first, that the server has answered for or that were rejected here.</summary>
    [JsonIgnore]
    public long Rows => Totals.Rows;

    /// <summary>The checkpoint in the file; null where there is none.</summary>
    /// <exception cref="CliException">The file is no checkpoint.</exception>
    public static Checkpoint? Load(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ImportJson.Default.Checkpoint)
                ?? throw new JsonException("It is null.");
        }
        catch (JsonException)
        {
            throw new CliException($"{path} is damaged; --restart imports from the beginning.");
        }
    }

    /// <summary>Puts it in the place of the one before: a reader finds the old one or this one, never half of it.</summary>
    public void Save(string path)
    {
        var written = path + ".tmp";
        using (var file = new FileStream(written, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, this, ImportJson.Default.Checkpoint);
            file.Flush(flushToDisk: true);
        }
        File.Move(written, path, overwrite: true);
    }
}

/// <summary>Where the events go. The key stands for the project.</summary>
internal sealed record ImportTarget(string Url, string KeyId);

/// <summary>What has become of the rows. <see cref="Accepted"/> includes no duplicates.</summary>
internal sealed record ImportTotals(long Rows, long Accepted, long Duplicates, long Rejected, double Seconds)
{
    public static ImportTotals None { get; } = new(0, 0, 0, 0, 0);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Checkpoint))]
internal sealed partial class ImportJson : JsonSerializerContext;
