using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nimbus.Cli.Backup;
using Npgsql;
using StackExchange.Redis;

namespace Nimbus.Cli.Doctor;

/// <summary><c>nimbus doctor</c>: looks an installation over, and says what is wrong and what to do.</summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public static Command Create()
    {
        var url = ServerAddress.Option();
        var file = new Option<string?>("--env-file")
        {
            Description = "Settings as the services have them, one NAME=value a line; they win over the environment.",
            HelpName = "file",
        };
        var json = new Option<bool>("--json") { Description = "Print what was found as JSON." };
        var command = new Command("doctor", "Check an installation: addresses, services, databases, Redis, secrets, disks. Exit code 1 when something is at fault.")
        {
            url, file, json,
        };
        command.SetAction((parsed, ct) =>
        {
            var settings = InstallationSettings.FromHere(parsed.GetValue(file));
            var gateway = parsed.GetResult(url) is { Implicit: false } ? parsed.GetRequiredValue(url) : ServerAddress.Find(settings.Variable);
            return RunAsync(gateway, settings, parsed.GetValue(json), parsed.InvocationConfiguration.Output, ct);
        });
        return command;
    }

    private static async Task<int> RunAsync(Uri url, InstallationSettings settings, bool asJson, TextWriter output, CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        var checks = new List<Task<IReadOnlyList<Finding>>>
        {
            CheckAsync("gateway", (found, token) => GatewayCheck.RunAsync(url, http, found, token), ct),
        };
        foreach (var (name, address) in Services(settings))
            checks.Add(CheckAsync(name, (found, token) => ServiceCheck.RunAsync(name, address, http, found, token), ct));
        foreach (var database in (string[])[DatabaseOption.Events, DatabaseOption.Identity])
            checks.Add(CheckAsync(database, (found, token) => PostgresCheck.RunAsync(database, settings[$"ConnectionStrings:{database}"], found, token), ct));
        if (settings[$"ConnectionStrings:{DatabaseOption.Events}"] is { } primary && settings[$"ConnectionStrings:{ReplicaCheck.Name}"] is { } replica)
            checks.Add(CheckAsync(ReplicaCheck.Name, (found, token) => ReplicaCheck.RunAsync(primary, replica, found, token), ct));
        checks.Add(CheckAsync("redis", (found, token) => RedisCheck.RunAsync(settings, found, token), ct));
        checks.Add(CheckAsync("secrets", (found, _) => SecretsCheck.RunAsync(settings, found), ct));
        checks.Add(CheckAsync("secrets", (found, token) => IdentityContents.LookAtMasterKeysAsync(settings, found, token), ct));
        checks.Add(CheckAsync("engine", (found, _) => LookAtEngineFolderAsync(settings, found), ct));

        var findings = (await Task.WhenAll(checks)).SelectMany(list => list).ToList();
        var (faults, warnings) = (findings.Count(finding => finding.State == FindingState.Fault), findings.Count(finding => finding.State == FindingState.Warning));
        if (asJson)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(new { healthy = faults == 0, faults, warnings, version = NimbusVersion.Short, findings }, Json));
        }
        else
        {
            foreach (var finding in findings)
            {
                await output.WriteLineAsync($"{Word(finding.State),-8} {finding.Area,-14} {finding.What}");
                if (finding.Remedy is not null)
                    await output.WriteLineAsync($"{"",-24}> {finding.Remedy}");
            }
            await output.WriteLineAsync(faults + warnings == 0 ? "Nothing is wrong." : $"{faults} at fault, {warnings} to see to.");
        }
        return faults == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>One check, whose failure is a finding and keeps no other from being made.</summary>
    private static async Task<IReadOnlyList<Finding>> CheckAsync(string area, Func<Diagnosis, CancellationToken, Task> check, CancellationToken ct)
    {
        var found = new Diagnosis(area);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        try
        {
            await check(found, limit.Token);
        }
        catch (Exception away) when (!ct.IsCancellationRequested && away is HttpRequestException or OperationCanceledException or TimeoutException)
        {
            found.Fault($"it does not answer: {away.GetBaseException().Message}", "Start it, or correct its address; look at firewalls between.");
        }
        catch (Exception failure) when (failure is NpgsqlException or RedisException or CliException)
        {
            found.Fault(failure.Message.ReplaceLineEndings(" "), "Put that right, and run this again: some checks were not made.");
        }
        return found.Findings;
    }

    /// <summary>Services whose own addresses are known here, as the services know each other's.</summary>
    private static IEnumerable<(string Name, Uri Address)> Services(InstallationSettings settings) => settings.Below("services")
        .Where(setting => !setting.Name.StartsWith("gateway:", StringComparison.OrdinalIgnoreCase) && setting.Name.EndsWith(":0", StringComparison.Ordinal))
        .Select(setting => (Name: setting.Name.Split(':')[0], Address: Uri.TryCreate(setting.Value, UriKind.Absolute, out var address) ? address : null))
        .Where(service => service.Address is not null).DistinctBy(service => service.Name).Select(service => (service.Name, service.Address!));

    private static Task LookAtEngineFolderAsync(InstallationSettings settings, Diagnosis found)
    {
        if (settings["Nimbus:Engine:Folder"] is not { } folder)
            found.Unknown("Nimbus__Engine__Folder was not given to this command: without it the engine's files are made anew at every start");
        else if (!Directory.Exists(folder))
            found.Unknown($"{folder} is not on this machine");
        else
            found.Disk(folder, "the folder of the engine");
        return Task.CompletedTask;
    }

    private static string Word(FindingState state) => state switch
    {
        FindingState.Ok => "ok",
        FindingState.Unknown => "unseen",
        FindingState.Warning => "WARNING",
        _ => "FAULT",
    };
}
