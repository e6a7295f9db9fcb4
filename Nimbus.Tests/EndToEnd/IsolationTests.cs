using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;
using Nimbus.Tests.Ingest;
using Xunit.Abstractions;

namespace Nimbus.Tests.EndToEnd;

/// <summary>What goes on while another part is away, and how soon all of them know of a change.</summary>
[Collection(NimbusSystem.Collection)]
public sealed class IsolationTests(NimbusSystem nimbus, ITestOutputHelper output)
{
    [Fact]
    public async Task With_identity_away_running_sessions_ask_and_known_keys_send()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(new NimbusEvent("view"));
        await project.WaitForCountAsync(1);
        await using (await nimbus.SuspendAsync("identity"))
        {
            await project.SendAsync(new NimbusEvent("view"));
            await project.WaitForCountAsync(2);
        }
    }

    [Fact]
    public async Task With_Redis_away_questions_are_answered()
    {
        var project = await TestProject.CreateAsync(nimbus);
        await project.SendAsync(new NimbusEvent("view"));
        await project.WaitForCountAsync(1);
        await using (await nimbus.SuspendAsync("redis"))
        {
            Assert.Equal(1, await project.CountAsync());
        }
        await nimbus.WaitHealthyAsync("ingest");
    }

    [Fact]
    public async Task A_rotated_key_is_refused_by_the_next_request_on_every_intake()
    {
        await using var first = await IntakeHost.StartAsync(nimbus, []);
        await using var second = await IntakeHost.StartAsync(nimbus, []);
        var project = await TestProject.CreateAsync(nimbus);
        HttpClient[] intakes = [first.Client, second.Client];
        foreach (var intake in intakes)
            Assert.Equal(HttpStatusCode.Accepted, await SendAsync(intake, project.Secret));

        await project.Api.RotateKeysAsync(project.Id);
        var rotated = Stopwatch.StartNew();
        foreach (var intake in intakes)
            Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(intake, project.Secret));
        output.WriteLine($"Two intakes refused the old secret {rotated.Elapsed.TotalMilliseconds:0} ms after the rotation was answered.");
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient intake, string secret)
    {
        using var body = JsonContent.Create(new { events = new[] { new { name = "view" } } });
        body.Headers.Add("X-API-Key", secret);
        using var answer = await intake.PostAsync("/v1/events", body);
        return answer.StatusCode;
    }
}
