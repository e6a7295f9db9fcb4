using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting.Local;

/// <summary>The .NET user secrets of the AppHost: a JSON file outside the repository, readable by its owner only.</summary>
/// <param name="id">The UserSecretsId of the AppHost; null keeps values for this run alone.</param>
internal sealed class UserSecrets(string? id)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly Lock gate = new();
    private readonly Dictionary<string, string> ofThisRun = [];

    /// <summary>The value kept under the key; made and kept if there is none. Several AppHosts may ask at once.</summary>
    public string GetOrAdd(string key, Func<string> make)
    {
        lock (gate)
        {
            if (ofThisRun.TryGetValue(key, out var known)) return known;
            return ofThisRun[key] = id is null ? make() : GetOrAddInFile(FileOf(id), key, make);
        }
    }

    private static string FileOf(string id)
    {
        try
        {
            return PathHelper.GetSecretsPathFromSecretsId(id);
        }
        catch (InvalidOperationException e)
        {
            throw new DistributedApplicationException(
                "There is no home folder to keep generated secrets in: set HOME, or DOTNET_USER_SECRETS_FALLBACK_DIR.", e);
        }
    }

    private static string GetOrAddInFile(string file, string key, Func<string> make)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using var turn = Locked(file + ".lock");
            var secrets = File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file)) as JsonObject ?? [] : [];
            if (Read(secrets, key) is { } kept) return kept;

            var value = make();
            secrets[key] = value;
            Write(file, secrets.ToJsonString(Indented));
            return value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new DistributedApplicationException($"The user secrets in {file} cannot be read or written: {e.Message}", e);
        }
    }

    // `dotnet user-secrets` writes flat keys; by hand, sections are as good.
    private static string? Read(JsonObject secrets, string key)
    {
        if (secrets.TryGetPropertyValue(key, out var flat)) return flat?.GetValue<string>();
        JsonNode? at = secrets;
        foreach (var part in key.Split(':')) at = (at as JsonObject)?[part];
        return at?.GetValue<string>();
    }

    // Written beside and renamed into place, so that a reader never sees half of it.
    private static void Write(string file, string text)
    {
        var beside = $"{file}.{Environment.ProcessId}.new";
        using (var stream = new FileStream(beside, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        using (var writer = new StreamWriter(stream)) writer.Write(text);
        File.Move(beside, file, overwrite: true);
    }

    private static FileStream Locked(string file)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 100)
            {
                Thread.Sleep(50);
            }
        }
    }
}
