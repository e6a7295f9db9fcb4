using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Nimbus.Cli.Doctor;

/// <summary>The one public address, and what it says of the services behind it.</summary>
internal static class GatewayCheck
{
    public static async Task RunAsync(Uri url, HttpClient http, Diagnosis found, CancellationToken ct)
    {
        if (url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback)
            found.Fault($"{url} is not HTTPS", "Put TLS in front of the gateway: passwords, tokens and keys go in clear otherwise (docs/deploy.md).");
        var before = DateTimeOffset.UtcNow;
        using var answer = await http.GetAsync(new Uri(url, "/v1/health"), ct);
        // The header has whole seconds.
        if (answer.Headers.Date is { } date)
            found.Clock(date, before - TimeSpan.FromSeconds(1), DateTimeOffset.UtcNow);
        var health = await ServiceCheck.JsonAsync(answer, ct);
        if (health?["services"] is not JsonObject services)
        {
            found.Fault($"{url} answers {(int)answer.StatusCode} and not as Nimbus does", "Is it the gateway's address (NIMBUS_URL)?");
            return;
        }
        foreach (var (name, service) in services)
        {
            if ((string?)service?["status"] == "healthy")
                found.Ok($"{name} is ready");
            else
                found.Fault($"{name} is {(string?)service?["status"]}{ServiceCheck.Words(service?["checks"])}", $"Look at the log of {name}; docs/operations.md has the usual causes.");
        }
        if (answer.StatusCode == HttpStatusCode.OK)
            ServiceCheck.Version((string?)health["version"], "the gateway", found);
    }
}

/// <summary>A service at its own address, where that is known here.</summary>
internal static class ServiceCheck
{
    public static async Task RunAsync(string name, Uri address, HttpClient http, Diagnosis found, CancellationToken ct)
    {
        using var answer = await http.GetAsync(new Uri(address, "/health/detailed"), ct);
        var health = await JsonAsync(answer, ct);
        if (health?["checks"] is not JsonArray checks)
        {
            found.Fault($"{address} answers {(int)answer.StatusCode} and not as a service of Nimbus", $"Correct services__{name}__http__0.");
            return;
        }
        var wrong = checks.Where(check => (string?)check?["status"] != "healthy").ToList();
        if (wrong.Count == 0)
            found.Ok($"{name} is healthy in all of {checks.Count} checks");
        foreach (var check in wrong)
        {
            var what = $"{name}: {(string?)check?["name"]} is {(string?)check?["status"]}: {(string?)check?["description"]}";
            if ((string?)check?["status"] == "unhealthy")
                found.Fault(what, $"Look at the log of {name}.");
            else
                found.Warn(what, $"{name} goes on without it; put it right.");
        }
        Version((string?)health["version"], name, found);
    }

    public static void Version(string? version, string service, Diagnosis found)
    {
        if (version is not null && version.Split('+')[0] != NimbusVersion.Short)
            found.Warn($"{service} is version {version.Split('+')[0]}, and this program {NimbusVersion.Short}", "Finish the rollout, or use the nimbus of the same version.");
    }

    public static async Task<JsonNode?> JsonAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            return JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct));
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    /// <summary>What a service says is wrong with it.</summary>
    public static string Words(JsonNode? checks) => checks is JsonArray { Count: > 0 } list
        ? string.Create(CultureInfo.InvariantCulture, $" ({string.Join("; ", list.Select(check => $"{(string?)check?["name"]}: {(string?)check?["description"]}"))})")
        : "";
}
