using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nimbus.Tests.Hosting.StandIns;

/// <summary>What a process is given.</summary>
public sealed class EnvironmentTests : IDisposable
{
    private readonly CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("nimbus-environment-");

    [Fact]
    public async Task A_reference_gives_addresses_and_a_parameter_its_configured_value()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--Parameters:a-secret=from configuration");
        builder.Services.AddLogging(logging => logging.ClearProviders());
        var service = builder.AddExecutable("some-service", "sleep", folder.FullName, "60");
        var project = builder.AddProject<Projects.Nimbus_Gateway>("front");
        var secret = builder.AddParameter("a-secret", secret: true);
        var generated = builder.AddParameter("another", new GenerateParameterDefault { MinLength = 48 }, secret: true);
        builder.AddExecutable("reader", "sh", folder.FullName, "-c", "env > given; echo \"$0 $1\" >> given", "one")
            .WithArgs(context => context.Args.Add("two"))
            .WithReference(project)
            .WithEnvironment("SECRET", secret)
            .WithEnvironment("GENERATED", generated)
            .WithEnvironment("SAID", "at first")
            .WithEnvironment("SAID", "at last")
            .WaitForStart(service);
        await using var app = await builder.BuildAsync(limit.Token);
        await app.StartAsync(limit.Token);

        await app.ResourceNotifications.WaitForResourceAsync("reader", KnownResourceStates.Finished, limit.Token);

        var given = await File.ReadAllLinesAsync(Path.Combine(folder.FullName, "given"), limit.Token);
        var address = app.GetEndpoint("front").ToString().TrimEnd('/');
        Assert.Contains($"services__front__http__0={address}", given);
        Assert.Contains($"FRONT_HTTP={address}", given);
        Assert.Contains("SECRET=from configuration", given);
        Assert.Single(given, l => l.StartsWith("GENERATED=", StringComparison.Ordinal) && l.Length >= "GENERATED=".Length + 48);
        Assert.Contains("SAID=at last", given);
        Assert.Equal("one two", given[^1]);
    }

    public void Dispose()
    {
        limit.Dispose();
        folder.Delete(recursive: true);
    }
}
