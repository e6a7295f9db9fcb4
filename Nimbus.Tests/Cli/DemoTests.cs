using Nimbus.Cli;
using Nimbus.Cli.Demo;
using Nimbus.Tests.Client;

namespace Nimbus.Tests.Cli;

public sealed class DemoTests
{
    [Fact]
    public async Task A_demo_prints_how_to_ask_plays_traffic_and_delivers_what_waits_when_stopped()
    {
        await using var server = await FakeServer.StartAsync();
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        server.Taken = _ =>
        {
            if (server.Events.Any(IsLive))
                stop.Cancel();
        };
        using var output = new StringWriter();

        var exitCode = await NimbusCommand.RunAsync(["demo", "--url", server.Address.AbsoluteUri], output, TextWriter.Null, stop.Token);

        Assert.Equal(ExitCode.Done, exitCode);
        // The rest is the past, in which nobody is anonymous.
        var live = server.Events.Count(IsLive);
        Assert.NotEqual(0, live);
        Assert.All(server.Requests, request => Assert.True(request.IsSigned()));
        var printed = output.ToString();
        Assert.Matches(@"account   demo-[a-z0-9]{8}@nimbus\.local", printed);
        Assert.Matches(@"password  \w{20} ", printed);
        Assert.Contains($"/v1/stats/top-events?project_id=019b8d57-8641-7127-b3fa-ed2a8ef6f309", printed, StringComparison.Ordinal);
        Assert.Contains($"Demo stopped: {live} events delivered, 0 not.", printed, StringComparison.Ordinal);
    }

    [Fact]
    public void The_past_of_a_demo_fills_sixty_days_and_ends_now()
    {
        var now = new DateTimeOffset(2026, 3, 29, 15, 30, 0, TimeSpan.Zero);
        var past = DemoPast.Until(now, seed: 7).ToList();

        Assert.InRange(past.Count, 70_000, 80_000);
        Assert.Equal(DemoPast.Days, past.Select(e => e.Timestamp!.Value.UtcDateTime.Date).Distinct().Count());
        Assert.All(past, e => Assert.True(e.Timestamp < now));
        Assert.Equal(past.Count, past.Select(e => e.IdempotencyKey).Distinct().Count());
        Assert.Equal(past.Select(e => e.IdempotencyKey), DemoPast.Until(now, seed: 7).Select(e => e.IdempotencyKey));
    }

    private static bool IsLive(System.Text.Json.JsonElement e) => e.TryGetProperty("anonymous_id", out _);

    [Theory]
    [InlineData(null, null, "http://localhost:8000/")]
    [InlineData("services__gateway__http__0", "http://localhost:5000", "http://localhost:5000/")]
    [InlineData("GATEWAY_HTTP", "http://localhost:6000", "http://localhost:6000/")]
    [InlineData("NIMBUS_URL", "https://nimbus.example", "https://nimbus.example/")]
    public void The_gateway_is_found_where_the_environment_says(string? name, string? value, string expected) =>
        Assert.Equal(new Uri(expected), ServerAddress.Find(asked => asked == name ? value : null));

    [Fact]
    public void An_address_in_the_environment_that_is_none_is_refused_by_its_name()
    {
        var refusal = Assert.Throws<CliException>(() => ServerAddress.Find(asked => asked == "NIMBUS_URL" ? "nonsense" : null));

        Assert.StartsWith("NIMBUS_URL", refusal.Message, StringComparison.Ordinal);
    }
}
