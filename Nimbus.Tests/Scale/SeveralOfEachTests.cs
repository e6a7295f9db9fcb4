using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Nimbus.Benchmarks.Kill;
using Nimbus.Client;
using Nimbus.Tests.EndToEnd;
using Nimbus.Tests.Hosting;
using Npgsql;
using Xunit.Abstractions;

namespace Nimbus.Tests.Scale;

/// <summary>Two of every service at work beside each other.</summary>
[Collection(SeveralNimbus.Collection)]
public sealed class SeveralOfEachTests(SeveralNimbus nimbus, ITestOutputHelper output)
{
    private static readonly string[] Services = ["gateway", "identity", "ingest", "ingest-writer", "query-0"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task When_one_of_each_service_is_killed_nothing_is_lost_and_requests_go_on()
    {
        Skip.If(Services.Any(service => nimbus.ProcessOf(service) is null), "this host tells no processes, or would not start them again");
        var account = await TestAccount.RegisterAsync(nimbus);
        var (first, second) = (await SeveralNimbus.ProjectOfAsync(account, "query-0"), await SeveralNimbus.ProjectOfAsync(account, "query-1"));
        var target = new ProjectWithSecret(first.Project, first.Secret);
        Way[] ways = [new ByClient(nimbus.Gateway, target), new BySignature(nimbus.Gateway, target), new BySdk(nimbus.Gateway, target)];
        var ledger = new Ledger();
        using var end = new CancellationTokenSource();
        var senders = ways.Select((way, number) => SendAsync(way, number, ledger, end.Token)).ToList();
        // The other query service is left alone, and so are the questions about its projects.
        var asking = AskOnAsync(second, end.Token);
        await Eventually.TrueAsync(() => Task.FromResult(ledger.AcknowledgedIds.Count() > 60), () => "nothing is taken", Patience);

        foreach (var service in Services)
        {
            nimbus.KillOne(service);
            var sent = ledger.Sent;
            await Eventually.TrueAsync(
                () => Task.FromResult(ledger.AcknowledgedIds.Count() > sent + 60), () => $"with one {service} killed nothing is taken", Patience);
            // The killed one's projects are answered too, by it when it is back or by the other.
            await Eventually.TrueAsync(async () => await first.CountAsync() > 0, () => $"no answer after {service} was killed", Patience);
        }

        await end.CancelAsync();
        await Task.WhenAll(senders).WaitAsync(Patience);
        var (asked, failed) = await asking;
        var acknowledged = ledger.AcknowledgedIds.ToHashSet();
        await first.WaitForCountAsync(ledger.Sent, Patience);
        var stored = await StoredAsync(first.Id);
        output.WriteLine($"{ledger.Sent} events, {ledger.Ways.Values.Sum(way => way.Requests)} requests, {ledger.Ways.Values.Sum(way => way.Repeats)} repeated; {asked} questions, {failed} failed");
        Assert.DoesNotContain(acknowledged, id => !stored.ContainsKey(id));
        Assert.DoesNotContain(stored, id => id.Value > 1);
        Assert.True(asked > 10, $"only {asked} questions were asked");
        // Of the services on the way one was killed each, with what it had in hand; that is not much.
        Assert.InRange(failed, 0, 10);
    }

    [Fact]
    public async Task Each_query_service_has_the_files_of_its_own_projects()
    {
        var account = await TestAccount.RegisterAsync(nimbus);
        foreach (var service in SeveralNimbus.QueryServices)
        {
            var project = await SeveralNimbus.ProjectOfAsync(account, service);
            await project.SendAsync(new NimbusEvent("view") { UserId = "ada" }, new NimbusEvent("buy") { UserId = "ada" });
            await project.WaitForCountAsync(2);
            // Also questions that say their project in a document, and a dashboard that is read by a link.
            using var funnel = await account.SendAsync(HttpMethod.Post, "/v1/insights/funnel", JsonContent.Create(new
            {
                steps = new[] { new { name = "view" }, new { name = "buy" } },
                window = "1d",
                project_id = project.Id,
                from = "2026-01-01",
                to = "2030-01-01",
            }));
            Assert.True(funnel.IsSuccessStatusCode, await funnel.Content.ReadAsStringAsync());

            var folders = Directory.GetDirectories(nimbus.EngineFolder, project.Id.ToString("N"), SearchOption.AllDirectories);
            Assert.Equal([service], folders.Select(folder => Path.GetFileName(Path.GetDirectoryName(folder))));
        }
    }

    [Fact]
    public async Task Both_query_services_answer_with_everything_and_with_nothing_of_before()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(new NimbusEvent("view") { UserId = "ada" }, new NimbusEvent("view") { UserId = "bob" });
        foreach (var service in SeveralNimbus.QueryServices)
            await CountIsAsync(service, project, 2);

        await project.SendAsync(new NimbusEvent("view") { UserId = "ada" });
        foreach (var service in SeveralNimbus.QueryServices)
            await CountIsAsync(service, project, 3);

        // Taken out of both at once, and of the files of both before the receipt says so.
        var ada = await PersonOfAsync(project, "ada");
        using (var erased = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/persons/{ada}?project_id={project.Id}"))
        {
            Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
            foreach (var service in SeveralNimbus.QueryServices)
                Assert.Equal(1, await CountAsync(service, project));
            var erasure = Answers.Json(await erased.Content.ReadAsStringAsync()).GetProperty("erasure_id").GetGuid();
            await CompleteAsync(project, erasure);
        }
        foreach (var service in SeveralNimbus.QueryServices)
            Assert.Equal(1, await CountAsync(service, project));
    }

    [Fact]
    public async Task Who_leaves_a_project_or_logs_out_is_known_to_both_query_services()
    {
        var project = await TestProject.CreateAsync(nimbus);
        var (leaving, loggedOut) = (await TestAccount.RegisterAsync(nimbus), await TestAccount.RegisterAsync(nimbus));
        foreach (var account in new[] { leaving, loggedOut })
        {
            using var joined = await project.Owner.SendAsync(
                HttpMethod.Post, $"/v1/projects/{project.Id}/members", JsonContent.Create(new { email = account.Email, role = "viewer" }));
            Assert.Equal(HttpStatusCode.Created, joined.StatusCode);
            foreach (var service in SeveralNimbus.QueryServices)
                await StatusIsAsync(service, account, project, HttpStatusCode.OK);
        }

        using (var left = await project.Owner.SendAsync(HttpMethod.Delete, $"/v1/projects/{project.Id}/members/{leaving.Session.User.Id}"))
            Assert.True(left.IsSuccessStatusCode);
        using (var ended = await loggedOut.SendAsync(HttpMethod.Post, "/v1/auth/logout"))
            Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);

        foreach (var service in SeveralNimbus.QueryServices)
        {
            await StatusIsAsync(service, leaving, project, HttpStatusCode.NotFound);
            await StatusIsAsync(service, loggedOut, project, HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Viewers_of_both_query_services_see_what_either_writer_stores()
    {
        var account = await TestAccount.RegisterAsync(nimbus);
        foreach (var service in SeveralNimbus.QueryServices)
        {
            var project = await SeveralNimbus.ProjectOfAsync(account, service);
            await using var viewer = await Viewer.ConnectAsync(
                new Uri(nimbus.Gateway.BaseAddress!, $"/ws/projects/{project.Id}"), account.Session.AccessToken, inQuery: true);
            await viewer.UntilAsync(messages => messages.Count > 0);

            // Single requests go to any shard, and so to any lane of either writer.
            for (var i = 0; i < 12; i++)
                await project.SendAsync(new NimbusEvent("view") { UserId = $"user-{i}" });

            await viewer.UntilAsync(messages => messages.Where(message => message.GetProperty("type").GetString() == "metrics")
                .SelectMany(message => message.GetProperty("names").EnumerateArray()).Sum(name => name.GetProperty("count").GetInt64()) == 12);
        }
    }

    [Fact]
    public async Task The_health_of_the_system_is_that_of_each_of_its_query_services()
    {
        using var answer = await nimbus.Gateway.GetAsync("/v1/health");
        var health = Answers.Json(await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["identity", "ingest", "query", "query-1"], health.GetProperty("services").EnumerateObject().Select(service => service.Name).Order());
    }

    private static async Task SendAsync(Way way, int number, Ledger ledger, CancellationToken end)
    {
        for (var batch = 0; !end.IsCancellationRequested; batch++)
        {
            var ids = Enumerable.Range(0, 10).Select(i => $"{number}-{batch}-{i}").ToArray();
            ledger.Sending(way.Name, ids);
            if (await way.SendAsync(ids, () => ledger.Repeating(way.Name), CancellationToken.None))
                ledger.Acknowledged(ids);
        }
    }

    private static async Task<(int Asked, int Failed)> AskOnAsync(TestProject project, CancellationToken end)
    {
        var (asked, failed) = (0, 0);
        while (!end.IsCancellationRequested)
        {
            asked++;
            try
            {
                await project.CountAsync();
            }
            catch (Exception failure) when (failure is HttpRequestException or NimbusException)
            {
                failed++;
            }
        }
        return (asked, failed);
    }

    private async Task<Dictionary<string, long>> StoredAsync(Guid project)
    {
        await using var database = NpgsqlDataSource.Create(await nimbus.ConnectionStringAsync("eventsdb"));
        await using var command = database.CreateCommand("SELECT props ->> 'id', count(*) FROM events WHERE project_id = $1 GROUP BY 1");
        command.Parameters.AddWithValue(project);
        var stored = new Dictionary<string, long>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            stored[reader.GetString(0)] = reader.GetInt64(1);
        return stored;
    }

    private async Task CountIsAsync(string service, TestProject project, long expected)
    {
        long count = -1;
        await Eventually.TrueAsync(async () => (count = await CountAsync(service, project)) == expected, () => $"{service} counts {count}", Patience);
    }

    private async Task<long> CountAsync(string service, TestProject project)
    {
        using var answer = await nimbus.AskAsync(service, project.Owner, $"/v1/stats/top-events?project_id={project.Id}&from=2026-01-01&to=2030-01-01");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return Answers.Json(text).GetProperty("events").EnumerateArray().Sum(name => name.GetProperty("count").GetInt64());
    }

    private async Task StatusIsAsync(string service, TestAccount account, TestProject project, HttpStatusCode expected)
    {
        HttpStatusCode status = default;
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await nimbus.AskAsync(service, account, $"/v1/schema/events?project_id={project.Id}");
                return (status = answer.StatusCode) == expected;
            },
            () => $"{service} answers {status}", Patience);
    }

    private static async Task<Guid> PersonOfAsync(TestProject project, string rawId) =>
        Assert.Single(Answers.Json(await Answers.GetAsync(project, $"/v1/persons?search={rawId}")).GetProperty("persons").EnumerateArray())
            .GetProperty("id").GetGuid();

    private static async Task CompleteAsync(TestProject project, Guid erasure)
    {
        JsonElement receipt = default;
        await Eventually.TrueAsync(
            async () => (receipt = Answers.Json(await Answers.GetAsync(project, $"/v1/erasures/{erasure}"))).GetProperty("status").GetString() != "running",
            () => receipt.GetRawText(), Patience);
        Assert.True(receipt.GetProperty("status").GetString() == "complete", receipt.GetRawText());
    }
}
