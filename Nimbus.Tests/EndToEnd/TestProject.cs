using System.Net.Http.Json;
using Nimbus.Client;
using Nimbus.Tests.Hosting;

namespace Nimbus.Tests.EndToEnd;

/// <summary>A project of one test, spoken to over HTTP as its users would.</summary>
public sealed class TestProject(TestAccount owner, ProjectWithSecret created)
{
    public TestAccount Owner { get; } = owner;

    public NimbusApi Api => Owner.Api;

    public NimbusProject Project { get; } = created.Project;

    public string Secret { get; } = created.ApiKeySecret;

    public Guid Id => Project.Id;

    public static async Task<TestProject> CreateAsync(NimbusSystem nimbus, string timeZone = "UTC") =>
        await (await TestAccount.RegisterAsync(nimbus)).CreateProjectAsync(timeZone);

    /// <summary>A client that signs with the project's key, over the gateway.</summary>
    public NimbusClient Client(NimbusClientOptions? options = null) =>
        new(Owner.Nimbus.Gateway, NimbusCredentials.Hmac(Project.ApiKeyId, Secret), options);

    /// <summary>PATCH /v1/projects/{id}, before its keys are used: nodes that know them hear of it a moment later.</summary>
    public async Task ChangeAsync(object change)
    {
        using var body = JsonContent.Create(change);
        using var answer = await Owner.SendAsync(HttpMethod.Patch, $"/v1/projects/{Id}", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<BatchAnswer> SendAsync(params NimbusEvent[] events)
    {
        using var client = Client();
        return await client.SendAsync(events);
    }

    /// <summary>Every stored event of the project, oldest first.</summary>
    public async Task<List<StoredEvent>> AllEventsAsync()
    {
        var all = new List<StoredEvent>();
        string? cursor = null;
        do
        {
            var page = await Api.GetEventsAsync(new EventQuery(Id) { Ascending = true, Limit = 1000, Cursor = cursor });
            all.AddRange(page.Events);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return all;
    }

    public async Task<long> CountAsync() =>
        (await Api.GetTopEventsAsync(Id, DateTimeOffset.UnixEpoch.AddYears(1), DateTimeOffset.UtcNow.AddDays(2), 1000))
        .Events.Sum(name => name.Count);

    /// <summary>Waits until the answers hold this many events, and fails when they hold more.</summary>
    public async Task WaitForCountAsync(long expected, TimeSpan? within = null)
    {
        long count = -1;
        await Eventually.TrueAsync(
            async () => (count = await CountAsync()) >= expected,
            () => $"{count} of {expected} events are in the answers",
            within ?? TimeSpan.FromSeconds(60));
        Assert.Equal(expected, count);
    }
}
