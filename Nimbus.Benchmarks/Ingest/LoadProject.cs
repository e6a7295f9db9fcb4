using Nimbus.Client;

namespace Nimbus.Benchmarks.Ingest;

/// <summary>The project that is sent to, and what signs for it.</summary>
internal sealed record LoadProject(Guid Id, string KeyId, string Secret)
{
    public static async Task<LoadProject> CreateAsync(Uri gateway, CancellationToken ct)
    {
        using var api = new NimbusApi(gateway);
        await api.RegisterAsync($"{Guid.CreateVersion7():N}@example.com", "correct horse battery", ct: ct);
        var created = await api.CreateProjectAsync("Benchmark", ct: ct);
        return new LoadProject(created.Project.Id, created.Project.ApiKeyId, created.ApiKeySecret);
    }
}
