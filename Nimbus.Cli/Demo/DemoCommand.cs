using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Nimbus.Client;

namespace Nimbus.Cli.Demo;

/// <summary><c>nimbus demo</c>: an account, a project, and an invented shop's traffic into it until stopped.</summary>
internal static class DemoCommand
{
    private const int EventsPerSecond = 5;

    // AppHost starts this beside the services; they may need to install their servers first.
    private static readonly TimeSpan WaitForServer = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var url = ServerAddress.Option();
        var command = new Command("demo", "Make a demo account and project, and play invented traffic into it until stopped.") { url };
        command.SetAction((parsed, ct) => RunAsync(
            parsed.GetRequiredValue(url), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, ct));
        return command;
    }

    private static async Task<int> RunAsync(Uri url, TextWriter output, TextWriter error, CancellationToken ct)
    {
        using var api = new NimbusApi(url);
        var (email, password) = ($"demo-{Random("abcdefghjkmnpqrstuvwxyz23456789", 8)}@nimbus.local", Random("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 20));
        var session = await RegisterAsync(api, email, password, error, ct);
        var project = await api.CreateProjectAsync("Demo", "An invented shop.", ct: ct);
        await output.WriteLineAsync(Instructions(url.AbsoluteUri.TrimEnd('/'), email, password, project.Project.Id));
        await output.FlushAsync(ct);
        if (await DemoBoard.MakeAsync(url, session.AccessToken, project.Project, ct) is { } refused)
            await error.WriteLineAsync($"nimbus: the demo has no dashboard of its own ({refused})");

        using var client = new NimbusClient(url, project.Credentials(), new NimbusClientOptions
        {
            // A demo outlives restarts of what it plays into.
            Retry = new RetryPolicy { GiveUpAfter = Timeout.InfiniteTimeSpan, LongestDelay = TimeSpan.FromSeconds(5) },
        });
        var tracker = new NimbusTracker(client);
        await using (tracker)
        {
            var past = SendPastAsync(client, ct);
            var traffic = new DemoTraffic(tracker, EventsPerSecond, TimeProvider.System);
            await traffic.PlayAsync(ct);
            await past;
        }
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"Demo stopped: {tracker.Delivered:N0} events delivered, {tracker.Undelivered:N0} not."));
        return ExitCode.Done;
    }

    private static async Task SendPastAsync(NimbusClient client, CancellationToken ct)
    {
        try
        {
            await DemoPast.SendAsync(client, TimeProvider.System.GetUtcNow(), (ulong)System.Random.Shared.NextInt64(), ct);
        }
        catch (OperationCanceledException)
        {
            // Stopped before all of it was sent.
        }
    }

    /// <summary>Tries until the server is up; an address of its own each time cannot be taken by a lost answer's.</summary>
    private static async Task<NimbusSession> RegisterAsync(NimbusApi api, string email, string password, TextWriter error, CancellationToken ct)
    {
        var deadline = DateTimeOffset.UtcNow + WaitForServer;
        for (var said = false; ; said = true)
        {
            try
            {
                return await api.RegisterAsync(email, password, "Demo", ct);
            }
            catch (NimbusException e) when (e.Code == "email_taken")
            {
                // Our own registration, whose answer was lost.
                return await api.LoginAsync(email, password, ct);
            }
            catch (NimbusException e) when ((e.Status is null || RetryPolicy.IsTransient(e.Status.Value)) && DateTimeOffset.UtcNow < deadline)
            {
                if (!said)
                    await error.WriteLineAsync($"nimbus: waiting for the server ({e.Message})");
                await Task.Delay(TimeSpan.FromSeconds(1), ct);
            }
        }
    }

    private static string Random(string alphabet, int length) => RandomNumberGenerator.GetString(alphabet, length);

    private static string Instructions(string url, string email, string password, Guid project) =>
        $$"""

        Demo traffic runs: about {{EventsPerSecond}} events a second of an invented shop, until stopped, after the last {{DemoPast.Days}} days.
        Look at it at {{url}}/app

          account   {{email}}
          password  {{password}}        (random, shown only here)
          project   {{project}}

        Ask it something:

          TOKEN=$(curl -s {{url}}/v1/auth/login -H 'Content-Type: application/json' \
            -d '{"email":"{{email}}","password":"{{password}}"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
          curl -s "{{url}}/v1/stats/top-events?project_id={{project}}" -H "Authorization: Bearer $TOKEN"; echo
          curl -s "{{url}}/v1/metrics?project_id={{project}}&bucket=1m&limit=5" -H "Authorization: Bearer $TOKEN"; echo

        """;
}
