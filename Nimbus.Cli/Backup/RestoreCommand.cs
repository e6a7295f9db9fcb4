using System.CommandLine;
using System.Globalization;
using Npgsql;

namespace Nimbus.Cli.Backup;

/// <summary><c>nimbus restore</c>: both databases as a backup has them, put in place once all of them is there and counted.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "The backup." };
        var events = DatabaseOption.Create(DatabaseOption.Events);
        var identity = DatabaseOption.Create(DatabaseOption.Identity);
        var overwrite = new Option<bool>("--overwrite")
        {
            Description = "Put databases that hold something aside, under another name, and restore in their place.",
        };
        var verify = new Option<bool>("--verify") { Description = "Only check that the backup is whole." };
        var jobs = new Option<int>("--jobs") { Description = "Tables and indexes to restore at once.", DefaultValueFactory = _ => Math.Min(4, Environment.ProcessorCount) };
        var programs = BackupCommand.ProgramsOption();
        var command = new Command("restore", "Bring both databases back from a backup.") { folder, events, identity, overwrite, verify, jobs, programs };
        command.SetAction(async (parsed, ct) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var path = Path.GetFullPath(parsed.GetRequiredValue(folder));
            var manifest = await VerifyAsync(path, ct);
            await output.WriteLineAsync($"{path} is whole: all as it was at {manifest.MadeAt:u}.");
            if (parsed.GetValue(verify))
                return ExitCode.Done;
            RestoredDatabase[] targets =
            [
                new(DatabaseOption.Events, DatabaseOption.Require(parsed.GetValue(events), DatabaseOption.Events)),
                new(DatabaseOption.Identity, DatabaseOption.Require(parsed.GetValue(identity), DatabaseOption.Identity)),
            ];
            return await RunAsync(
                path, manifest, targets, parsed.GetValue(overwrite), Math.Max(1, parsed.GetValue(jobs)), parsed.GetValue(programs), output, ct);
        });
        return command;
    }

    private static async Task<Manifest> VerifyAsync(string folder, CancellationToken ct)
    {
        var manifest = await Manifest.ReadAsync(folder, ct);
        foreach (var (name, dump) in manifest.Databases)
        {
            // The name is somebody else's text; a path in it would lead out of the folder.
            var path = Path.Combine(folder, Path.GetFileName(dump.File));
            if (!File.Exists(path))
                throw new CliException($"{path} is missing: the backup is not whole.");
            if (new FileInfo(path).Length != dump.Bytes || await PrivateFile.Sha256Async(path, ct) != dump.Sha256)
                throw new CliException($"{path} is not what was written (its checksum differs): take another backup of {name}.");
        }
        return manifest;
    }

    private static async Task<int> RunAsync(
        string folder, Manifest manifest, RestoredDatabase[] targets, bool overwrite, int jobs, string? programs, TextWriter output, CancellationToken ct)
    {
        // All that can be known beforehand, of both, before anything is done to either.
        foreach (var target in targets)
        {
            await target.LookAsync(manifest.Databases[target.Name], ct);
            if (target.Holds is { } holds && !overwrite)
                throw new CliException($"{target.Database} holds something ({holds}). With --overwrite it is put aside under another name, and the backup takes its place.");
        }
        var program = await PostgresProgram.FindAsync(
            "pg_restore", targets.Max(target => Math.Max(target.ServerMajor, manifest.Databases[target.Name].ProgramMajor)), programs, ct);

        try
        {
            foreach (var target in targets)
            {
                var dump = manifest.Databases[target.Name];
                await target.FillAsync(program, Path.Combine(folder, Path.GetFileName(dump.File)), dump, jobs, ct);
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {dump.Rows.Values.Sum():N0} rows, as many in each table as the backup has"));
            }
        }
        catch
        {
            foreach (var target in targets)
                await target.GiveUpAsync();
            throw;
        }

        var gone = new List<string>();
        foreach (var target in targets)
            gone.AddRange(await target.GoneSinceAsync(manifest.MadeAt, ct));
        // From here on it is a matter of names, and goes through even when asked to stop: half a restore helps nobody.
        foreach (var target in targets)
        {
            if (await target.TakePlaceAsync() is { } aside)
                await output.WriteLineAsync($"{target.Database} was put aside as {aside}. When nothing of it is needed: DROP DATABASE \"{aside}\"");
        }
        await SayWhatIsLeftAsync(manifest, gone, output);
        return ExitCode.Done;
    }

    private static async Task SayWhatIsLeftAsync(Manifest manifest, List<string> gone, TextWriter output)
    {
        await output.WriteLineAsync("Restart every service now: their schema may be ahead of the backup's. The engine builds its files anew. Everybody signs in again.");
        if (manifest.MasterKeys.Count > 0)
            await output.WriteLineAsync($"The services need the master keys {string.Join(", ", manifest.MasterKeys)} to open the secrets in it.");
        if (gone.Count == 0)
            return;
        await output.WriteLineAsync("The backup brings back what was erased or deleted since it was made. Do it again:");
        foreach (var line in gone)
            await output.WriteLineAsync($"  {line}");
    }
}
