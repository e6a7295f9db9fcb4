using System.Text.Json;

namespace Nimbus.Cli.Backup;

/// <summary>What is in a backup, and by what it is known to be whole: the file <c>manifest.json</c> beside the dumps.</summary>
/// <param name="Format">Of this document; another is refused.</param>
/// <param name="NimbusVersion">Of the program that made it.</param>
/// <param name="MadeAt">The moment that the dumps show, by the clock of eventsdb's server.</param>
/// <param name="MasterKeys">Names of the master keys that secrets in it are sealed under, and erased people hashed. The keys are not in it.</param>
internal sealed record Manifest(
    int Format, string NimbusVersion, DateTimeOffset MadeAt, IReadOnlyList<string> MasterKeys, IReadOnlyDictionary<string, DumpedDatabase> Databases)
{
    public const int CurrentFormat = 1;
    public const string FileName = "manifest.json";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public async Task WriteAsync(string folder, CancellationToken ct)
    {
        await using var file = PrivateFile.Create(Path.Combine(folder, FileName));
        await JsonSerializer.SerializeAsync(file, this, Json, ct);
    }

    public static async Task<Manifest> ReadAsync(string folder, CancellationToken ct)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new CliException($"{folder} is no backup: it has no {FileName}. A backup that broke off has none.");
        try
        {
            await using var file = File.OpenRead(path);
            var manifest = await JsonSerializer.DeserializeAsync<Manifest>(file, Json, ct);
            if (manifest?.Format != CurrentFormat)
                throw new CliException($"{path} has format {manifest?.Format}, and this program reads {CurrentFormat}: use the nimbus that made it, or a newer one.");
            if (manifest.Databases is null || !manifest.Databases.ContainsKey(DatabaseOption.Events) || !manifest.Databases.ContainsKey(DatabaseOption.Identity))
                throw new CliException($"{path} does not tell of both databases.");
            return manifest;
        }
        catch (JsonException broken)
        {
            throw new CliException($"{path} cannot be read: {broken.Message}");
        }
    }
}

/// <summary>One dump.</summary>
/// <param name="File">Its name in the folder.</param>
/// <param name="Sha256">Of the file, in lower case hexadecimal digits.</param>
/// <param name="ServerVersion">Of the PostgreSQL that it was taken from.</param>
/// <param name="ProgramMajor">Of pg_dump; an older pg_restore cannot read the file.</param>
/// <param name="SchemaVersion">The last step that was applied to the schema.</param>
/// <param name="Rows">Of each table, at the moment of the dump.</param>
internal sealed record DumpedDatabase(
    string File, long Bytes, string Sha256, string ServerVersion, int ProgramMajor, int SchemaVersion, IReadOnlyDictionary<string, long> Rows);
