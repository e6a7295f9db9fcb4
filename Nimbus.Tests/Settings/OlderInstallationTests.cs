using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Npgsql;
using Nimbus.Tests.Hosting;
using StackExchange.Redis;

namespace Nimbus.Tests.Settings;

/// <summary>Services that are given nothing but the environment of an earlier installation, over the running system's stores.</summary>
[Collection(NimbusSystem.Collection)]
public sealed partial class OlderInstallationTests(NimbusSystem nimbus)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("""["http://localhost:3000","https://app.example.com"]""")]
    [InlineData("http://localhost:3000,https://app.example.com")]
    public async Task An_environment_of_older_names_starts_a_gateway_with_the_origins_it_allows(string origins)
    {
        await using var gateway = await StartedAsync("Nimbus.Gateway.dll", new()
        {
            ["NIMBUS_JWT_SECRET"] = NimbusSystem.JwtSecret,
            ["NIMBUS_ALLOWED_ORIGINS"] = origins,
        });

        foreach (var (origin, allowed) in new[] { ("https://app.example.com", true), ("http://localhost:3000", true), ("https://other.example.com", false) })
        {
            using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/projects")
            {
                Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "GET" } },
            };
            using var answer = await gateway.Client.SendAsync(preflight);
            Assert.Equal(allowed, answer.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    [Fact]
    public async Task An_environment_of_older_names_starts_an_identity_service_that_warns_of_the_useless_ones()
    {
        var database = new NpgsqlConnectionStringBuilder(await nimbus.ConnectionStringAsync("identitydb"));
        var redis = ConfigurationOptions.Parse(await nimbus.ConnectionStringAsync("redis"));
        var redisHost = redis.EndPoints.Single() switch
        {
            IPEndPoint ip => $"{ip.Address}:{ip.Port}",
            DnsEndPoint name => $"{name.Host}:{name.Port}",
            var other => throw new InvalidOperationException($"{other} has no port"),
        };
        await using var identity = await StartedAsync("Nimbus.IdentityService.dll", new()
        {
            ["NIMBUS_DATABASE_URL"] = "postgresql+asyncpg://"
                + $"{Uri.EscapeDataString(database.Username!)}:{Uri.EscapeDataString(database.Password!)}@{database.Host}:{database.Port}/{database.Database}",
            ["NIMBUS_REDIS_URL"] = $"redis://:{Uri.EscapeDataString(redis.Password ?? "")}@{redisHost}/0",
            ["NIMBUS_JWT_SECRET"] = NimbusSystem.JwtSecret,
            ["NIMBUS_RATE_LIMIT_ENABLED"] = "false",
            ["NIMBUS_DB_MAX_OVERFLOW"] = "20",
            ["Nimbus__MasterKey"] = NimbusSystem.MasterKey,
            ["Nimbus__MasterKeys"] = "hunter2",
        });

        using var answer = await identity.Client.PostAsJsonAsync(
            "/v1/auth/register", new { email = $"{Guid.NewGuid():N}@example.com", password = "correct horse battery" });

        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        Assert.Contains("Nimbus__MasterKeys has no effect", identity.Output, StringComparison.Ordinal);
        Assert.Contains("NIMBUS_DB_MAX_OVERFLOW has no effect", identity.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", identity.Output, StringComparison.Ordinal);
    }

    private static async Task<ServiceProcess> StartedAsync(string program, Dictionary<string, string> environment)
    {
        var service = new ServiceProcess(program, environment);
        await Eventually.TrueAsync(
            () => Task.FromResult(service.HasAddress), () => $"{program} does not listen: {service.Output}", Patience);
        // The gateway's readiness asks for services that are not there; that it is alive is enough.
        var path = program.StartsWith("Nimbus.Gateway", StringComparison.Ordinal) ? "/health" : "/readiness";
        await Eventually.TrueAsync(
            async () => (await service.Client.GetAsync(path)).IsSuccessStatusCode, () => $"{program} is not ready: {service.Output}", Patience);
        return service;
    }

    /// <summary>A service as a process of its own, on a free port that it chose itself.</summary>
    private sealed partial class ServiceProcess : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly ConcurrentQueue<string> _output = new();

        public ServiceProcess(string program, Dictionary<string, string> environment)
        {
            var start = new ProcessStartInfo("dotnet")
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, program) },
            };
            start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
            start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
            foreach (var (name, value) in environment)
                start.Environment[name] = value;
            _process = new Process { StartInfo = start };
            _process.OutputDataReceived += (_, line) => Take(line.Data);
            _process.ErrorDataReceived += (_, line) => Take(line.Data);
            _process.Start();
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public HttpClient Client { get; } = new();

        public bool HasAddress => Client.BaseAddress is not null;

        public string Output => string.Join('\n', _output);

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
            Client.Dispose();
        }

        private void Take(string? line)
        {
            _output.Enqueue(line ?? "");
            if (Listening().Match(line ?? "") is { Success: true } found)
                Client.BaseAddress ??= new Uri(found.Value);
        }

        [GeneratedRegex(@"http://127\.0\.0\.1:[1-9]\d*")]
        private static partial Regex Listening();
    }
}
